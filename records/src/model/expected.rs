//! What a field wanted where a value of another type stood, in the words of lines and in those of people.

use std::fmt;

use super::words::Words;

macro_rules! expected {
    ($($(#[$doc:meta])* $name:ident, $line:literal, [$ar:literal, $fr:literal, $en:literal];)*) => {
        /// What is wanted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Expected {
            $($(#[$doc])* $name,)*
        }

        impl Expected {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// As somebody is told who fills in a form.
            #[must_use]
            pub const fn words(self) -> Words {
                match self { $(Self::$name => Words { ar: $ar, fr: $fr, en: $en },)* }
            }
        }

        impl fmt::Display for Expected {
            /// As somebody is told who writes lines.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $line,)* })
            }
        }
    };
}

expected! {
    /// A whole number.
    WholeNumber, "a whole number", ["عدد صحيح", "un nombre entier", "a whole number"];
    /// Text.
    Text, "text in quotes", ["نص", "un texte", "a text"];
    /// Yes or no.
    Flag, "true or false", ["نعم أو لا", "oui ou non", "yes or no"];
    /// A code of a list.
    Code, "a code in quotes", ["أحد الأجوبة المقترحة", "l'une des réponses proposées", "one of the answers offered"];
    /// Codes of a list.
    Codes, "a list of codes in brackets",
        ["جواب واحد أو أكثر من الأجوبة المقترحة", "une ou plusieurs des réponses proposées", "one or more of the answers offered"];
    /// Fields with their values.
    Object, "an object in braces", ["سجل بخاناته", "une fiche avec ses champs", "a record with its fields"];
    /// A list.
    List, "a list in brackets", ["قائمة", "une liste", "a list"];
    /// The name of a change.
    ChangeHash, "the 64 characters of a change's hash",
        ["معرف تغيير من 64 حرفا", "l'identifiant d'une modification, de 64 caractères", "the 64 characters that name a change"];
    /// Any plain value.
    Scalar, "a text, a whole number, true or false",
        ["نص أو عدد صحيح أو نعم أو لا", "un texte, un nombre entier, oui ou non", "a text, a whole number, yes or no"];
    /// A place on the map.
    Place, "{\"lat_e5\": …, \"lon_e5\": …, \"accuracy_m\": …}, whole numbers of 1e-5 degrees and metres",
        ["موقع على الخريطة", "une position sur la carte", "a place on the map"];
    /// The numbers of a place on the map.
    PlaceNumbers, "whole numbers: degrees times 100,000, and metres",
        ["موقع على الخريطة بأعداد صحيحة", "une position sur la carte, en nombres entiers", "a place on the map, in whole numbers"];
}
