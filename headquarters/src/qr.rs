//! A ticket as a QR code: in a terminal with half blocks, and as SVG for paper.

use std::fmt::Write;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::HqError;

/// Modules of margin that readers need around a code.
const MARGIN: i32 = 4;

/// A code to be shown.
pub struct Picture(QrCode);

impl Picture {
    /// The code of a ticket's text. A crumpled or dirty print is still read: a quarter of it may be lost.
    ///
    /// # Errors
    /// [`HqError::TicketTooLong`].
    pub fn of(text: &str) -> Result<Self, HqError> {
        let code = QrCode::encode_text(text, QrCodeEcc::Quartile);
        code.map(Self).map_err(|_| HqError::TicketTooLong)
    }

    /// Two rows of modules in each line of text. Light modules are drawn, for terminals write light on dark;
    /// with `colours` the colours are said, and it reads on any terminal.
    #[must_use]
    pub fn blocks(&self, colours: bool) -> String {
        let (from, to) = (-MARGIN, self.0.size() + MARGIN);
        let light = |x, y| y >= to || !self.0.get_module(x, y);
        let mut text = String::new();
        let mut y = from;
        while y < to {
            text.push_str(if colours { "\u{1b}[97;40m" } else { "" });
            text.extend((from..to).map(|x| match (light(x, y), y + 1 < to && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            }));
            text.push_str(if colours { "\u{1b}[0m\n" } else { "\n" });
            y += 2;
        }
        text
    }

    /// The code as an SVG document: one path of dark modules on white.
    #[must_use]
    pub fn svg(&self) -> String {
        let size = self.0.size();
        let side = size + 2 * MARGIN;
        let mut path = String::new();
        for y in 0..size {
            for x in (0..size).filter(|x| self.0.get_module(*x, y)) {
                // Writing to a String cannot fail.
                let _ = write!(path, "M{},{}h1v1h-1z", x + MARGIN, y + MARGIN);
            }
        }
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg xmlns=\"http://www.w3.org/2000/svg\" \
             viewBox=\"0 0 {side} {side}\" stroke=\"none\">\n<rect width=\"100%\" height=\"100%\" \
             fill=\"#fff\"/>\n<path d=\"{path}\" fill=\"#000\"/>\n</svg>\n"
        )
    }
}

/// A typed code in groups of four and a last of three, as people read aloud.
#[must_use]
pub fn grouped(typed: &str) -> String {
    let letters: Vec<char> = typed.chars().collect();
    letters.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use khettara_core::id::{DeviceKey, OrgId};
    use khettara_core::identity::{InviteSecret, Ticket};

    fn ticket() -> Ticket {
        Ticket {
            org: OrgId([1; 32]),
            addresses: vec!["relais.example:4433".into()],
            pin: DeviceKey([2; 32]),
            next_pin: DeviceKey::ZERO,
            serial: 17,
            secret: InviteSecret::new([0xa5; 16]),
        }
    }

    /// The dark modules as the terminal shows them, margin taken off.
    fn seen(blocks: &str, size: i32) -> Vec<Vec<bool>> {
        let mut rows = Vec::new();
        for line in blocks.lines() {
            rows.push(line.chars().map(|c| !matches!(c, '█' | '▀')).collect::<Vec<_>>());
            rows.push(line.chars().map(|c| !matches!(c, '█' | '▄')).collect::<Vec<_>>());
        }
        let within = usize::try_from(MARGIN).expect("small")..usize::try_from(MARGIN + size).expect("small");
        rows[within.clone()].iter().map(|row| row[within.clone()].to_vec()).collect()
    }

    #[test]
    fn terminal_and_paper_show_the_modules_of_the_tickets_text() {
        let text = ticket().to_text();
        let expected = QrCode::encode_text(&text, QrCodeEcc::Quartile).expect("fits");
        let picture = Picture::of(&text).expect("fits");
        let size = expected.size();
        let module = |y: i32| (0..size).map(|x| expected.get_module(x, y)).collect::<Vec<_>>();
        let modules: Vec<_> = (0..size).map(module).collect();
        assert_eq!(seen(&picture.blocks(false), size), modules);
        assert_eq!(picture.blocks(true).matches('\u{1b}').count(), 2 * picture.blocks(false).lines().count());
        let dark = modules.iter().flatten().filter(|dark| **dark).count();
        assert_eq!(picture.svg().matches("h1v1h-1z").count(), dark);
        assert_eq!(Ticket::from_text(&text), Ok(ticket()));
    }

    #[test]
    fn a_grouped_code_is_read_as_the_secret_it_was_made_of() {
        let secret = ticket().secret;
        let shown = grouped(&secret.typed());
        assert_eq!(shown.len(), 27 + 6);
        assert_eq!(InviteSecret::from_typed(&shown), Ok(secret));
    }

    #[test]
    fn a_ticket_that_no_code_can_hold_is_refused() {
        assert!(matches!(Picture::of(&"A".repeat(5_000)), Err(HqError::TicketTooLong)));
    }
}
