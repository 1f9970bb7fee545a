//! Mail addresses, brought to one form when they come in. No error text here repeats the address
//! (P12).

use unicode_normalization::UnicodeNormalization;

/// A display name and a bare address: `local@domain`, the domain in A-labels and lower case.
#[derive(Clone, PartialEq, Eq)]
pub struct Mailbox {
    pub name: Option<String>,
    pub address: String,
}

/// Checks an address that the config gives as sender or receiver: `Name <local@domain>` or
/// `local@domain`.
pub fn check_address(text: &str) -> Result<(), String> {
    parse_mailbox(text).map(|_| ())
}

/// Returns the domain of an address of the config, in A-labels and lower case. `None` where it is
/// no address.
pub fn domain_of(text: &str) -> Option<String> {
    let address = parse_mailbox(text).ok()?.address;
    address.rsplit_once('@').map(|(_, domain)| domain.to_owned())
}

/// Reads `Name <local@domain>`, `"Name" <local@domain>` or `local@domain`.
pub fn parse_mailbox(text: &str) -> Result<Mailbox, String> {
    let text = text.trim();
    let Some(inside) = text.strip_suffix('>') else {
        return Ok(Mailbox { name: None, address: normalise_address(text)? });
    };
    let (name, address) = inside
        .rsplit_once('<')
        .ok_or("there is a \">\" without a \"<\": write Name <local@domain>")?;
    let name = name.trim();
    let name = match name.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    };
    if name.chars().any(char::is_control) {
        return Err("the name holds a control character".into());
    }
    Ok(Mailbox { name: (!name.is_empty()).then_some(name), address: normalise_address(address)? })
}

/// Brings an address to one form: NFC, no blanks around it, the domain in A-labels and lower case.
/// The local part stays as written, since only its own server may say that case does not matter
/// (RFC 5321 §2.4).
pub fn normalise_address(text: &str) -> Result<String, String> {
    let text: String = text.trim().nfc().collect();
    let (local, domain) = text
        .rsplit_once('@')
        .ok_or("there is no \"@\" in it: write local@domain, such as ten@example.gov.vn")?;
    check_local(local)?;
    let domain = ascii_domain(domain)?;
    // RFC 5321 §4.5.3.1.3: a path has 256 octets, its angle brackets included.
    if local.len() + 1 + domain.len() > 254 {
        return Err("it is longer than the 254 characters that mail allows".into());
    }
    Ok(format!("{local}@{domain}"))
}

fn check_local(local: &str) -> Result<(), String> {
    if local.is_empty() {
        return Err("nothing stands before the \"@\"".into());
    }
    // RFC 5321 §4.5.3.1.1
    if local.len() > 64 {
        return Err("more than 64 characters stand before the \"@\"".into());
    }
    if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
        return Err("before the \"@\" a dot may only stand between other characters".into());
    }
    // Quoted local parts are legal and used nowhere; such an address is a probe.
    match local.chars().find(|&c| !is_atext(c) && c != '.') {
        None => Ok(()),
        Some('@') => Err("there is more than one \"@\" in it".into()),
        Some(c) if c.is_whitespace() => Err("there is a blank in it".into()),
        Some(c) => Err(format!("\"{}\" may not stand before the \"@\"", c.escape_debug())),
    }
}

/// RFC 5322 §3.2.3, with the letters and digits of other scripts (RFC 6531).
fn is_atext(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c)
    } else {
        c.is_alphanumeric()
    }
}

/// Returns a domain in A-labels, lower case.
pub fn ascii_domain(domain: &str) -> Result<String, String> {
    if domain.is_empty() {
        return Err("nothing stands after the \"@\"".into());
    }
    let fits = |c: char| c.is_alphanumeric() || c == '-' || c == '.' || is_mark(c);
    if let Some(c) = domain.chars().find(|&c| !fits(c)) {
        return Err(format!("\"{}\" may not stand in a domain", c.escape_debug()));
    }
    // `url` carries the tables of IDNA (UTS 46).
    let ascii = match url::Host::parse(domain) {
        Ok(url::Host::Domain(ascii)) => ascii,
        Ok(_) => return Err("an IP address stands where a domain belongs".into()),
        Err(_) => return Err("what stands after the \"@\" is not a domain".into()),
    };
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if ascii.len() > 253 || !ascii.split('.').all(label_fits) {
        return Err("what stands after the \"@\" is not a domain".into());
    }
    // A mail server on this machine is reached by that one name; any other without a dot is a typing mistake.
    if !ascii.contains('.') && ascii != "localhost" {
        return Err("the domain has no dot in it: is its ending missing?".into());
    }
    Ok(ascii)
}

/// Vowel signs and the like, which are not letters but belong to words in many scripts.
fn is_mark(c: char) -> bool {
    !c.is_ascii() && unicode_normalization::char::is_combining_mark(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (text, form) in [
            ("ten@example.gov.vn", "ten@example.gov.vn"),
            ("  Ten.Ho+tin@EXAMPLE.gov.VN \n", "Ten.Ho+tin@example.gov.vn"),
            ("a@ví-dụ.vn", "a@xn--v-d-rma6749a.vn"),
            ("a@vi\u{301}-du\u{323}.vn", "a@xn--v-d-rma6749a.vn"),
            ("nguyễn@example.vn", "nguyễn@example.vn"),
            ("root@localhost", "root@localhost"),
            ("o'brien@example.org", "o'brien@example.org"),
        ] {
            assert_eq!(normalise_address(text).as_deref(), Ok(form), "{text}");
        }
    }

    #[test]
    fn p12_what_is_no_address_is_told_why_without_repeating_it() {
        let long = format!("{}@example.vn", "bimat".repeat(20));
        for text in [
            "",
            "bimat",
            "@bimat.vn",
            "bimat@",
            "bimat@@x.vn",
            "bi mat@x.vn",
            "bimat@x",
            "bimat@x..vn",
            "bimat@-x.vn",
            "bimat@1.2.3.4",
            "bimat@[1.2.3.4]",
            "bimat@x_y.vn",
            ".bimat@x.vn",
            "bimat.@x.vn",
            "bi..mat@x.vn",
            "bimat\r\nBcc: x@y.vn@z.vn",
            "bimat@x.vn\r\nRCPT TO:<y@z.vn>",
            "<bimat@x.vn>",
            "bimat>@x.vn",
            "\"bimat\"@x.vn",
            "bimat@x.vn, y@z.vn",
            "bimat\u{0}@x.vn",
            "bimat@x.vn:25",
            "bimat@xn--.vn",
            "bimat@ex%61mple.vn",
            "bimat@x.vn.",
            "bimat\u{202e}@x.vn",
            long.as_str(),
        ] {
            let why = normalise_address(text).expect_err(text);
            assert!(!why.contains("bimat"), "{why}");
        }
    }

    #[test]
    fn a_sender_may_have_a_name() {
        for (text, name, address) in [
            ("Bản tin <bantin@example.gov.vn>", Some("Bản tin"), "bantin@example.gov.vn"),
            ("\"Sở TT&TT, \\\"tin\\\"\" <a@x.vn>", Some("Sở TT&TT, \"tin\""), "a@x.vn"),
            ("<a@x.vn>", None, "a@x.vn"),
            ("a@x.vn", None, "a@x.vn"),
            ("A <b> <a@x.vn>", Some("A <b>"), "a@x.vn"),
        ] {
            let read = parse_mailbox(text).expect(text);
            assert_eq!((read.name.as_deref(), read.address.as_str()), (name, address));
        }
        for text in
            ["Bản tin", "a@x.vn>", "X <a@x.vn> y", "X\r\nBcc: y <a@x.vn>", "X <>", "X <a@x.vn"]
        {
            assert!(check_address(text).is_err(), "{text}");
        }
    }
}
