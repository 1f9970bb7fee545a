//! What a picture is, and how large, by its bytes. Never SVG, which is a program as much as a picture.

/// Media type, width and height of a PNG, JPEG, GIF, WebP or AVIF picture; None for anything else.
pub fn sniff(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    png(bytes)
        .or_else(|| gif(bytes))
        .or_else(|| jpeg(bytes))
        .or_else(|| webp(bytes))
        .or_else(|| avif(bytes))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn be16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

fn le16(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?).into())
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..at + 3)?;
    Some(u32::from_le_bytes([three[0], three[1], three[2], 0]))
}

fn png(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    let is = bytes.starts_with(b"\x89PNG\r\n\x1a\n") && bytes.get(12..16)? == b"IHDR";
    is.then_some(("image/png", be32(bytes, 16)?, be32(bytes, 20)?))
}

fn gif(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    let is = bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a");
    is.then_some(("image/gif", le16(bytes, 6)?, le16(bytes, 8)?))
}

/// The first frame header (ITU T.81 §B.2.2) says the size.
fn jpeg(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    if !bytes.starts_with(&[0xff, 0xd8, 0xff]) {
        return None;
    }
    let mut at = 2;
    loop {
        if *bytes.get(at)? != 0xff {
            return None;
        }
        let marker = *bytes.get(at + 1)?;
        match marker {
            // A fill byte.
            0xff => at += 1,
            0x01 | 0xd0..=0xd8 => at += 2,
            // The picture begins, or ends, without having said its size.
            0xd9 | 0xda => return None,
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                return Some(("image/jpeg", be16(bytes, at + 7)?, be16(bytes, at + 5)?));
            }
            _ => {
                let length = usize::try_from(be16(bytes, at + 2)?).ok()?;
                at += 2 + length.max(2);
            }
        }
    }
}

/// Google's container: lossy, lossless, or extended.
fn webp(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    if !bytes.starts_with(b"RIFF") || bytes.get(8..12)? != b"WEBP" {
        return None;
    }
    let (width, height) = match bytes.get(12..16)? {
        b"VP8 " => (le16(bytes, 26)? & 0x3fff, le16(bytes, 28)? & 0x3fff),
        b"VP8L" => {
            let packed = u32::from_le_bytes(bytes.get(21..25)?.try_into().ok()?);
            ((packed & 0x3fff) + 1, ((packed >> 14) & 0x3fff) + 1)
        }
        b"VP8X" => (le24(bytes, 24)? + 1, le24(bytes, 27)? + 1),
        _ => return None,
    };
    Some(("image/webp", width, height))
}

/// The largest of the sizes in its boxes (ISO/IEC 23008-12 §6.5.3): a thumbnail has one, too.
fn avif(bytes: &[u8]) -> Option<(&'static str, u32, u32)> {
    if bytes.get(4..8)? != b"ftyp" || !matches!(bytes.get(8..12)?, b"avif" | b"avis") {
        return None;
    }
    let head = &bytes[..bytes.len().min(16 * 1024)];
    let sizes = head.windows(4).enumerate().filter(|(_, four)| *four == b"ispe");
    let (width, height) = sizes
        .filter_map(|(at, _)| Some((be32(bytes, at + 8)?, be32(bytes, at + 12)?)))
        .max_by_key(|(width, height)| u64::from(*width) * u64::from(*height))?;
    Some(("image/avif", width, height))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_kind_tells_its_size() {
        let check = |bytes: &[u8], expected: Option<(&'static str, u32, u32)>| {
            assert_eq!(sniff(bytes), expected, "{:?}", &bytes[..bytes.len().min(16)]);
        };
        check(
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0",
            Some(("image/png", 640, 480)),
        );
        check(b"GIF89a\x80\x02\xe0\x01", Some(("image/gif", 640, 480)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\x01\xe0\x02\x80\x03";
        check(jpeg, Some(("image/jpeg", 640, 480)));
        check(b"\xff\xd8\xff\xda\0\x04", None);
        check(
            b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01",
            Some(("image/webp", 640, 480)),
        );
        check(
            b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0",
            Some(("image/webp", 640, 480)),
        );
        let lossless =
            [b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f".as_slice(), &(639u32 | 479 << 14).to_le_bytes()]
                .concat();
        check(&lossless, Some(("image/webp", 640, 480)));
        let avif = b"\0\0\0\x18ftypavif\0\0\0\0\0\0\0\x14ispe\0\0\0\0\0\0\x02\x80\0\0\x01\xe0";
        check(avif, Some(("image/avif", 640, 480)));
        check(b"<svg width=\"640\" height=\"480\">", None);
        check(b"<!DOCTYPE html><html>", None);
        check(b"", None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_at_without_a_panic(
            head in prop::sample::select(vec![b"\xff\xd8\xff".to_vec(), b"GIF89a".to_vec(), b"RIFF\0\0\0\0WEBPVP8X".to_vec(), b"\0\0\0\x18ftypavif".to_vec(), b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec()]),
            tail in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            sniff(&[head, tail].concat());
        }
    }
}
