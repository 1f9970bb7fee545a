//! The attachments of the sample portal's documents: a PDF of one page and a DOCX, both as small as their formats allow.

use std::fmt::Write;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Points across which one line of a PDF's text is broken: about 80 letters of 11-point Helvetica.
const PDF_LINE: usize = 80;
const PDF_LINES: usize = 45;

/// A PDF 1.4 file of one A4 page. The fonts that every reader has know no Vietnamese, so the text loses its marks.
pub fn pdf(title: &str, paragraphs: &[String]) -> Vec<u8> {
    let mut text = String::from("BT /F1 14 Tf 60 780 Td 16 TL\n");
    for (row, line) in pdf_lines(title, paragraphs).iter().take(PDF_LINES).enumerate() {
        if row == 1 {
            text.push_str("/F1 11 Tf\n");
        }
        writeln!(text, "({line}) Tj T*").expect("writing to a String never fails");
    }
    text.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (object, number) in objects.iter().zip(1..) {
        writeln!(table, "{:010} 00000 n ", file.len()).expect("writing to a String never fails");
        writeln!(file, "{number} 0 obj\n{object}\nendobj")
            .expect("writing to a String never fails");
    }
    let start = file.len();
    let size = objects.len() + 1;
    file.push_str(&format!(
        "xref\n0 {size}\n{table}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}

fn pdf_lines(title: &str, paragraphs: &[String]) -> Vec<String> {
    let mut lines = vec![pdf_string(title), String::new()];
    for paragraph in paragraphs {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= PDF_LINE {
                lines.push(pdf_string(&std::mem::take(&mut line)));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(pdf_string(&line));
        lines.push(String::new());
    }
    lines
}

/// ASCII for a literal string (ISO 32000-1 §7.3.4.2).
fn pdf_string(text: &str) -> String {
    let mut out = String::new();
    for letter in text.nfd().filter(|c| !is_combining_mark(*c)) {
        match letter {
            'đ' => out.push('d'),
            'Đ' => out.push('D'),
            '“' | '”' => out.push('"'),
            '(' | ')' | '\\' => out.extend(['\\', letter]),
            ' '..='~' => out.push(letter),
            _ => out.push('?'),
        }
    }
    out
}

/// A WordprocessingML package (ECMA-376) with the three parts that it must have.
pub fn docx(title: &str, paragraphs: &[String]) -> Vec<u8> {
    let mut body = format!("<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{}</w:t></w:r></w:p>", xml(title));
    for paragraph in paragraphs {
        write!(body, "<w:p><w:r><w:t>{}</w:t></w:r></w:p>", xml(paragraph))
            .expect("writing to a String never fails");
    }
    let document = format!(
        r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{body}</w:body></w:document>"#
    );
    const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>"#;
    const LINKS: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    zip(&[
        ("[Content_Types].xml", TYPES.as_bytes()),
        ("_rels/.rels", LINKS.as_bytes()),
        ("word/document.xml", document.as_bytes()),
    ])
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// An archive whose entries are stored as they are (APPNOTE.TXT §4.3), all dated 1 January 1980.
fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    const NO_TIME: [u8; 4] = [0, 0, 0x21, 0];
    let mut file = Vec::new();
    let mut directory = Vec::new();
    for (name, data) in entries {
        let mut crc = flate2::Crc::new();
        crc.update(data);
        let size = four_bytes(data.len());
        let mut common = vec![20, 0, 0, 0, 0, 0];
        common.extend(NO_TIME);
        common.extend(crc.sum().to_le_bytes());
        common.extend(size);
        common.extend(size);
        common.extend(two_bytes(name.len()));
        common.extend([0, 0]);

        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(four_bytes(file.len()));
        directory.extend(name.as_bytes());

        file.extend(b"PK\x03\x04");
        file.extend(&common);
        file.extend(name.as_bytes());
        file.extend(*data);
    }
    let start = file.len();
    file.extend(&directory);
    file.extend(b"PK\x05\x06\0\0\0\0");
    file.extend(two_bytes(entries.len()));
    file.extend(two_bytes(entries.len()));
    file.extend(four_bytes(directory.len()));
    file.extend(four_bytes(start));
    file.extend([0, 0]);
    file
}

fn two_bytes(size: usize) -> [u8; 2] {
    u16::try_from(size).expect("names and counts are a handful").to_le_bytes()
}

fn four_bytes(size: usize) -> [u8; 4] {
    u32::try_from(size).expect("our files are some kilobytes").to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pdf_says_where_its_objects_begin_and_how_long_its_text_is() {
        let file = pdf("Kế hoạch (số 1) \\ Đợt 2", &["chữ ".repeat(300)]);
        let text = String::from_utf8(file).expect("ours is ASCII");
        assert!(text.is_ascii());
        assert!(text.contains(r"(Ke hoach \(so 1\) \\ Dot 2) Tj"), "{text}");
        let start: usize = text.lines().rev().nth(1).expect("startxref").parse().expect("a number");
        assert!(text[start..].starts_with("xref\n0 6\n"));
        for (number, entry) in text[start..].lines().skip(3).take(5).enumerate() {
            let offset: usize = entry[..10].parse().expect("ten digits");
            assert!(text[offset..].starts_with(&format!("{} 0 obj\n", number + 1)), "{entry}");
            assert_eq!(entry.len(), 19, "with its line end an entry has 20 bytes");
        }
        let stream = text.split("stream\n").nth(1).expect("a stream");
        let length = stream.split("\nend").next().expect("its text").len();
        assert!(text.contains(&format!("/Length {length} ")));
    }

    #[test]
    fn a_docx_is_an_archive_whose_sums_and_offsets_hold() {
        let file = docx("Thể lệ & mẫu <1>", &["Điều 1".to_owned()]);
        let end = &file[file.len() - 22..];
        let number = |at: &[u8]| u32::from_le_bytes(at[..4].try_into().expect("four")) as usize;
        assert_eq!(&end[..4], b"PK\x05\x06");
        assert_eq!(end[10], 3);
        let mut at = number(&end[16..]);
        assert_eq!(at + number(&end[12..]), file.len() - 22);
        let mut names = Vec::new();
        for _ in 0..3 {
            let entry = &file[at..];
            assert_eq!(&entry[..4], b"PK\x01\x02");
            let (size, name) = (number(&entry[20..]), usize::from(entry[28]));
            let local = number(&entry[42..]);
            assert_eq!(&file[local..local + 4], b"PK\x03\x04");
            let data = &file[local + 30 + name..][..size];
            let mut crc = flate2::Crc::new();
            crc.update(data);
            assert_eq!(crc.sum() as usize, number(&entry[16..]));
            names
                .push((String::from_utf8_lossy(&entry[46..46 + name]).into_owned(), data.to_vec()));
            at += 46 + name;
        }
        let body = String::from_utf8_lossy(&names[2].1);
        assert_eq!(names[2].0, "word/document.xml");
        assert!(body.contains("Thể lệ &amp; mẫu &lt;1&gt;") && body.contains("Điều 1"), "{body}");
    }
}
