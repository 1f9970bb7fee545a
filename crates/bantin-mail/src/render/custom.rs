//! Templates of the admin's own, read from a folder and tried on a sample before any mail is made
//! with them. A template is refused, with file and line, when it would fail, would let a portal
//! write into a mail, or would take a reader's way to leave.

use std::path::Path;

use anyhow::{Context, Result, bail};
use minijinja::Value;
use url::Url;

use super::template_set::{SHIPPED, Templates};
use bantin_model::Lang;
use bantin_model::digest::LINK_MARK;
use bantin_model::digest::{SAMPLE_TAG, sample};
use bantin_model::limits::TEMPLATE_BYTES;

impl Templates {
    /// Loads the shipped templates, with the files in `folder` in place of those of the same name.
    /// The error names each file that does not fit, with the line.
    pub fn new(folder: Option<&Path>, footer: Option<&str>) -> Result<Self> {
        let mut templates = Templates::shipped(folder, footer);
        if let Some(folder) = folder {
            load_custom(&mut templates, folder)?;
        }
        Ok(templates)
    }
}

/// Puts the files of the folder in place of the shipped templates of the same names.
fn load_custom(templates: &mut Templates, folder: &Path) -> Result<()> {
    let mut wrong = Vec::new();
    let names = names(folder)?;
    for name in &names {
        let file = folder.join(name);
        if !SHIPPED.iter().any(|(shipped, _)| shipped == name) {
            let known: Vec<&str> = SHIPPED.iter().map(|(shipped, _)| *shipped).collect();
            let known = known.join(", ");
            wrong.push(format!("{}: there is no such template; there are {known}", file.display()));
            continue;
        }
        match source(&file) {
            Ok(source) => {
                if let Err(error) = templates.env.add_template_owned(name.clone(), source) {
                    wrong.push(templates.located_error(name, &error));
                }
            }
            Err(error) => wrong.push(format!("{}: {error:#}", file.display())),
        }
    }
    if wrong.is_empty() {
        wrong = faults(templates, folder, &names);
    }
    if !wrong.is_empty() {
        bail!("mail.templates:\n{}", wrong.join("\n"));
    }
    Ok(())
}

/// Returns the files of the folder, without backup files of editors.
fn names(folder: &Path) -> Result<Vec<String>> {
    let reading = || format!("mail.templates: reading the folder {}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).with_context(reading)? {
        let name = entry.with_context(reading)?.file_name().to_string_lossy().into_owned();
        if !name.starts_with(['.', '#']) && !name.ends_with('~') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn source(file: &Path) -> Result<String> {
    let length = std::fs::metadata(file)?.len();
    if length > TEMPLATE_BYTES {
        bail!("longer than {TEMPLATE_BYTES} bytes");
    }
    String::from_utf8(std::fs::read(file)?).context("this is not UTF-8 text")
}

/// Returns what is wrong with the mails that these templates make of a sample.
fn faults(templates: &Templates, folder: &Path, names: &[String]) -> Vec<String> {
    let site = Url::parse("https://tin.example.vn/").expect("a constant address");
    let mut mails: Vec<(&str, Value)> = Vec::new();
    for lang in [Lang::Vi, Lang::En] {
        for composed in sample(lang, &site) {
            mails.push(("digest", templates.values_of(&composed)));
        }
        mails.push(("confirmation", templates.values_of_confirmation(lang, &site)));
    }
    let mut wrong: Vec<String> = Vec::new();
    for (name, values) in mails {
        for ending in ["html", "txt"] {
            let fault = match templates.body(name, ending, &values) {
                Ok(body) => fault_of((name, ending), &body, folder, names),
                Err(error) => Some(format!("{error:#}")),
            };
            wrong.extend(fault.filter(|fault| !wrong.contains(fault)));
        }
    }
    wrong
}

fn fault_of(
    (name, ending): (&str, &str),
    body: &str,
    folder: &Path,
    names: &[String],
) -> Option<String> {
    // The file at fault is the admin's own: the shipped ones have tests.
    let own = format!("{name}.{ending}");
    let candidates = [own.clone(), "frame.html".to_owned()];
    let blamed = candidates.into_iter().find(|name| names.contains(name)).unwrap_or(own);
    let blamed = folder.join(blamed);
    if ending == "html" && body.contains(SAMPLE_TAG) {
        let (file, line) = unescaped(folder, names).unwrap_or((blamed, 1));
        let what =
            "foreign text gets into the mail as markup: take \"safe\" and \"autoescape\" away";
        return Some(format!("{}:{line}: {what}", file.display()));
    }
    let lost = match name {
        "digest" => "nobody could leave: {{ link }} is missing",
        _ => "nobody could confirm: {{ link }} is missing",
    };
    (!body.contains(LINK_MARK)).then(|| format!("{}:1: {lost}", blamed.display()))
}

/// Returns where one of the admin's files turns escaping off.
fn unescaped(folder: &Path, names: &[String]) -> Option<(std::path::PathBuf, usize)> {
    names.iter().filter(|name| name.ends_with(".html")).find_map(|name| {
        let file = folder.join(name);
        let text = source(&file).ok()?;
        let off = |line: &str| {
            let line: String = line.chars().filter(|c| !c.is_whitespace()).collect();
            line.contains("|safe") || line.contains("autoescape")
        };
        Some((file, text.lines().position(off)? + 1))
    })
}
