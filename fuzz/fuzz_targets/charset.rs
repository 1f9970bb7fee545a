//! Any bytes, with any Content-Type: no panic, and the text is NFC already. The first line of the input is the header.
#![no_main]

use bantin::extract;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let split = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let header = std::str::from_utf8(&bytes[..split]).ok();
    let text = extract::decode(&bytes[split..], header);
    assert_eq!(extract::text::nfc(text.clone()), text);
    let clean = extract::text::clean(&text);
    assert_eq!(extract::text::clean(&clean), clean);
});
