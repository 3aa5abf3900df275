//! The family's receipt: in a terminal, and as a page to be printed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use khettara_device::{FamilyReceipt, Issuer, Tongue};
use qrcodegen::{QrCode, QrCodeEcc};
use serde_json::json;
use uuid::Uuid;

use super::Done;
use super::output::{Output, Trouble, shown};
use super::show::find;
use super::tablet::open;

pub(super) fn receipt(
    dir: &Path,
    (household, visit): (&str, Option<&str>),
    to: Option<&PathBuf>,
    output: &Output,
) -> Result<Done, Trouble> {
    let device = open(dir, output)?;
    let household = device.household(&find(&device, household)?)?;
    let visit = visit.map(|typed| one_visit(household.view.visits.iter().map(|visit| visit.id), typed));
    let organisation = device.status()?.organisation.unwrap_or_default();
    let issuer = Issuer { organisation: &organisation, feed: household.feed.as_str() };
    let receipt = FamilyReceipt::of(&household.view, visit.transpose()?, issuer, output.tongue());
    let receipt = receipt.ok_or(Trouble::Said("no visit to this household is recorded here yet".into()))?;
    if let Some(to) = to {
        std::fs::write(to, page(&receipt, output.tongue()))?;
        output.end(&json!({ "receipt": receipt, "page": to }), &format!("Written: {}", to.display()))?;
    } else {
        output.line(&json!({ "receipt": receipt }))?;
        output.print(&words(&receipt))?;
    }
    Ok(Done::All)
}

fn one_visit(visits: impl Iterator<Item = Uuid>, typed: &str) -> Result<Uuid, Trouble> {
    let found: Vec<Uuid> = visits.filter(|id| id.to_string().starts_with(typed)).collect();
    match found[..] {
        [one] if !typed.is_empty() => Ok(one),
        [] => Err(Trouble::Said("this household has no visit whose id begins so".into())),
        _ => Err(Trouble::Said("several visits begin so; give more of the id".into())),
    }
}

fn words(receipt: &FamilyReceipt) -> String {
    let colon = if receipt.language == "fr" { " :" } else { ":" };
    let mut lines = vec![shown(&receipt.title), String::new()];
    lines
        .extend(receipt.lines.iter().map(|(label, text)| format!("{}{colon} {}", shown(label), shown(text))));
    lines.push(String::new());
    lines.extend(receipt.sentences.iter().map(|sentence| shown(sentence)));
    lines.extend([String::new(), receipt.reference.clone()]);
    lines.join("\n")
}

/// One page of paper, or half of one. The code holds the reference, for an office that reads it.
fn page(receipt: &FamilyReceipt, tongue: Tongue) -> String {
    let direction = if tongue == Tongue::Ar { "rtl" } else { "ltr" };
    let mut rows = String::new();
    for (label, text) in &receipt.lines {
        // Writing to a String cannot fail.
        let _ = writeln!(
            rows,
            "<tr><th scope=\"row\">{}</th><td><bdi>{}</bdi></td></tr>",
            plain(label),
            plain(text)
        );
    }
    let mut sentences = String::new();
    for sentence in &receipt.sentences {
        let _ = writeln!(sentences, "<p>{}</p>", plain(sentence));
    }
    let (language, title) = (receipt.language, plain(&receipt.title));
    let (reference, code) = (plain(&receipt.reference), code(&receipt.reference));
    format!(
        "<!doctype html>\n<html lang=\"{language}\" dir=\"{direction}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title} {reference}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<h1>{title}</h1>\n<table>\n{rows}</table>\n{sentences}\
         <footer>{code}<p class=\"reference\"><bdi>{reference}</bdi></p></footer>\n</main>\n</body>\n</html>\n"
    )
}

const STYLE: &str = "body{font:16px/1.6 'Noto Naskh Arabic','Noto Sans',sans-serif;margin:0;color:#111;background:#fff}\
main{max-inline-size:34rem;margin:1.5rem auto;padding:0 1rem}h1{font-size:1.4rem;border-block-end:2px solid #111}\
table{border-collapse:collapse;inline-size:100%}th{text-align:start;font-weight:normal;color:#444;inline-size:40%}\
th,td{padding:.25rem 0;border-block-end:1px solid #ccc;vertical-align:top}footer{text-align:center;margin-block-start:1rem}\
svg{inline-size:7rem;block-size:7rem}.reference{font-family:monospace;font-size:1.1rem;margin:.25rem 0}\
@media print{main{margin:0 auto}}";

fn plain(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The reference as a picture; nothing where it is too long for one.
fn code(reference: &str) -> String {
    let Ok(code) = QrCode::encode_text(reference, QrCodeEcc::Quartile) else { return String::new() };
    let (margin, size) = (4, code.size());
    let mut path = String::new();
    for y in 0..size {
        for x in (0..size).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{},{}h1v1h-1z", x + margin, y + margin);
        }
    }
    let side = size + 2 * margin;
    format!(
        "<svg viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"{}\"><path d=\"{path}\"/></svg>",
        plain(reference)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_reads_from_the_right_in_arabic_and_runs_nothing_that_was_typed() {
        let receipt = FamilyReceipt {
            language: "ar",
            title: "وصل الأسرة".into(),
            lines: vec![("العون".into(), "<script>&\"".into())],
            sentences: vec!["09-08".into()],
            reference: "1a2b3c4d-5e6f7a8b".into(),
        };
        let page = page(&receipt, Tongue::Ar);
        assert!(page.contains("<html lang=\"ar\" dir=\"rtl\">"));
        assert!(page.contains("<bdi>&lt;script&gt;&amp;&quot;</bdi>") && !page.contains("<script"));
        assert!(page.contains("<svg viewBox") && page.contains("1a2b3c4d-5e6f7a8b"));
    }
}
