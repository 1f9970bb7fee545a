//! The documents of the sample portal, in the order in which they come out.

use super::texts::DocumentText;
use super::texts::FileKind::{Docx, Pdf};

const DIRECTOR: (&str, &str) = ("Trần Quốc Khải", "Giám đốc");
const DEPUTY: (&str, &str) = ("Lê Thị Minh Nguyệt", "Phó Giám đốc");
const SECOND_DEPUTY: (&str, &str) = ("Đỗ Văn Thành", "Phó Giám đốc");

pub const DOCUMENTS: &[DocumentText] = &[
    DocumentText {
        sign: "TB-STTTT",
        number: 18,
        title: "Thông báo lịch tiếp công dân của lãnh đạo Sở tháng {thang} năm {nam}",
        paragraphs: &[
            "Sở Thông tin và Truyền thông thông báo lịch tiếp công dân định kỳ của lãnh đạo Sở tại phòng tiếp công dân, tầng 1, trụ sở Sở, số 12 đường Lê Lợi, thành phố An Bình.",
            "Buổi sáng từ 7 giờ 30 đến 11 giờ 00; buổi chiều từ 13 giờ 30 đến 16 giờ 30. Công dân đến làm việc mang theo căn cước và các tài liệu liên quan.",
            "Trường hợp lịch thay đổi do yêu cầu công tác, Sở sẽ thông báo trên Cổng thông tin điện tử trước ít nhất hai ngày.",
        ],
        signer: DIRECTOR,
        files: &[(Pdf, "Lịch tiếp công dân")],
    },
    DocumentText {
        sign: "KH-STTTT",
        number: 7,
        title: "Kế hoạch tập huấn kỹ năng số cơ bản cho Tổ công nghệ số cộng đồng năm {nam}",
        paragraphs: &[
            "Căn cứ Quyết định số 146/QĐ-TTg ngày 28/01/2022 của Thủ tướng Chính phủ về nâng cao nhận thức, phổ cập kỹ năng và phát triển nguồn nhân lực chuyển đổi số, Sở xây dựng kế hoạch tập huấn cho thành viên các tổ trên toàn tỉnh.",
            "Kế hoạch gồm 24 lớp, mỗi lớp hai ngày, học trực tiếp tại xã. Học viên được hỗ trợ tài liệu; kinh phí lấy từ nguồn sự nghiệp đã giao.",
            "UBND các xã, phường lập danh sách học viên gửi về Sở trước ngày {tuan_sau}.",
        ],
        signer: DEPUTY,
        files: &[(Pdf, "Toàn văn kế hoạch"), (Docx, "Mẫu danh sách học viên")],
    },
    DocumentText {
        sign: "STTTT-BCVT",
        number: 142,
        title: "V/v tăng cường bảo đảm an toàn hạ tầng viễn thông trong mùa mưa bão",
        paragraphs: &[
            "Kính gửi: Các doanh nghiệp viễn thông trên địa bàn tỉnh.",
            "Để chủ động ứng phó thiên tai, Sở đề nghị các doanh nghiệp rà soát toàn bộ trạm thu phát sóng ở khu vực ven biển, ven sông và sườn đồi; gia cố cột, kiểm tra tiếp địa, bổ sung nhiên liệu cho máy phát điện.",
            "Báo cáo kết quả về Phòng Bưu chính - Viễn thông trước ngày {tuan_sau}; báo cáo nhanh trong vòng 30 phút khi có sự cố làm gián đoạn từ năm trạm trở lên.",
        ],
        signer: SECOND_DEPUTY,
        files: &[(Pdf, "Công văn có chữ ký số")],
    },
    DocumentText {
        sign: "QĐ-STTTT",
        number: 55,
        title: "Quyết định ban hành Quy chế cung cấp thông tin và phát ngôn cho báo chí của Sở Thông tin và Truyền thông",
        paragraphs: &[
            "Ban hành kèm theo Quyết định này Quy chế cung cấp thông tin và phát ngôn cho báo chí, gồm bốn chương, mười ba điều.",
            "Quyết định có hiệu lực kể từ ngày ký, thay thế quy chế trước đây. Chánh Văn phòng, Chánh Thanh tra, trưởng các phòng và thủ trưởng đơn vị trực thuộc chịu trách nhiệm thi hành.",
        ],
        signer: DIRECTOR,
        files: &[(Pdf, "Quyết định"), (Docx, "Quy chế kèm theo")],
    },
    DocumentText {
        sign: "GM-STTTT",
        number: 31,
        title: "Giấy mời dự hội thảo “Dữ liệu mở & dịch vụ công thông minh”",
        paragraphs: &[
            "Sở Thông tin và Truyền thông trân trọng kính mời lãnh đạo các sở, ngành, UBND các xã, phường và doanh nghiệp công nghệ số tới dự hội thảo.",
            "Thời gian: 8 giờ 00 ngày {tuan_sau}. Địa điểm: hội trường tầng 3, Trung tâm Chuyển đổi số tỉnh.",
            "Đại biểu đăng ký tham luận gửi bản tóm tắt không quá hai trang về Văn phòng Sở.",
        ],
        signer: DEPUTY,
        files: &[(Pdf, "Giấy mời và chương trình")],
    },
    DocumentText {
        sign: "BC-STTTT",
        number: 64,
        title: "Báo cáo tình hình an toàn thông tin mạng trên địa bàn tỉnh tháng {thang} năm {nam}",
        paragraphs: &[
            "Trong tháng, hệ thống giám sát ghi nhận 2.318 cảnh báo, giảm 12% so với tháng trước; 27 máy tính trong mạng của các cơ quan có kết nối tới địa chỉ độc hại, đã xử lý 27 máy.",
            "Hình thức tấn công phổ biến nhất vẫn là thư điện tử giả mạo và dò mật khẩu. Ba trang thông tin cấp xã phải tạm dừng để cập nhật bản vá.",
            "Sở kiến nghị UBND tỉnh bố trí kinh phí thay thế các máy chủ đã hết hạn hỗ trợ trong năm {nam}.",
        ],
        signer: SECOND_DEPUTY,
        files: &[(Pdf, "Toàn văn báo cáo")],
    },
    DocumentText {
        sign: "STTTT-CNTT",
        number: 178,
        title: "V/v hướng dẫn lập hồ sơ đề xuất cấp độ an toàn hệ thống thông tin cấp xã",
        paragraphs: &[
            "Kính gửi: UBND các xã, phường, đặc khu.",
            "Căn cứ Nghị định số 85/2016/NĐ-CP ngày 01/7/2016 của Chính phủ, Sở hướng dẫn trình tự xác định và lập hồ sơ đề xuất cấp độ đối với mạng nội bộ, trang thông tin điện tử của cấp xã.",
            "Mẫu hồ sơ gửi kèm có thể điền trực tiếp. Vướng mắc đề nghị liên hệ Phòng Công nghệ thông tin trong giờ hành chính.",
        ],
        signer: DEPUTY,
        files: &[(Docx, "Mẫu hồ sơ đề xuất cấp độ"), (Pdf, "Công văn hướng dẫn")],
    },
    DocumentText {
        sign: "TB-STTTT",
        number: 22,
        title: "Thông báo thể lệ cuộc thi “An Bình - Quê hương em trên không gian số”",
        paragraphs: &[
            "Đối tượng dự thi là học sinh từ lớp 6 đến lớp 12 đang học tập trên địa bàn tỉnh, dự thi theo nhóm không quá bốn em.",
            "Sản phẩm là đoạn phim dài không quá năm phút, bản đồ số hoặc trang thông tin; không sử dụng hình ảnh của người khác khi chưa được đồng ý.",
            "Bài dự thi gửi từ ngày {tuan_sau} qua trang của cuộc thi; mỗi nhóm gửi một sản phẩm.",
        ],
        signer: DEPUTY,
        files: &[(Pdf, "Thể lệ cuộc thi"), (Docx, "Phiếu đăng ký dự thi")],
    },
    DocumentText {
        sign: "STTTT-TTBCXB",
        number: 205,
        title: "V/v cung cấp thông tin tuyên truyền về dịch vụ công trực tuyến trên hệ thống truyền thanh cơ sở",
        paragraphs: &[
            "Kính gửi: UBND các xã, phường.",
            "Sở gửi kèm bộ bốn bài phát thanh, mỗi bài ba phút, về cách nộp hồ sơ, theo dõi kết quả, thanh toán và đánh giá sự hài lòng. Đề nghị phát ít nhất hai lượt mỗi ngày, tránh giờ nghỉ trưa.",
            "Kết quả thực hiện tổng hợp trong báo cáo tháng {thang}.",
        ],
        signer: SECOND_DEPUTY,
        files: &[(Docx, "Bộ bài phát thanh")],
    },
    DocumentText {
        sign: "KH-STTTT",
        number: 11,
        title: "Kế hoạch kiểm tra việc chấp hành pháp luật về thông tin thuê bao di động năm {nam}",
        paragraphs: &[
            "Kiểm tra 18 điểm cung cấp dịch vụ viễn thông ủy quyền, chọn ngẫu nhiên, không báo trước về địa điểm cụ thể.",
            "Trọng tâm là xác thực giấy tờ, lưu giữ ảnh chụp người giao kết hợp đồng và xử lý SIM kích hoạt sẵn theo Nghị định số 163/2024/NĐ-CP của Chính phủ.",
            "Thời gian kiểm tra bắt đầu từ ngày {tuan_sau}; kết quả công khai trên Cổng thông tin điện tử của Sở.",
        ],
        signer: DIRECTOR,
        files: &[(Pdf, "Toàn văn kế hoạch")],
    },
];
