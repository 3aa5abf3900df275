//! How a structure is declared once: its Rust type, and what Kotlin's side of it is written from.

/// A structure as Kotlin's side of it is written.
#[derive(Debug, Clone, Copy)]
pub struct Structure {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub docs: &'static [&'static str],
    /// Its fields.
    pub fields: &'static [StructureField],
}

/// One field of it.
#[derive(Debug, Clone, Copy)]
pub struct StructureField {
    /// Its name in JSON.
    pub name: &'static str,
    /// What it is.
    pub docs: &'static [&'static str],
    /// Its Rust type.
    pub rust_type: &'static str,
}

/// An enumeration that travels as a word.
#[derive(Debug, Clone, Copy)]
pub struct Enumeration {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub docs: &'static [&'static str],
    /// Its values, each with what it is.
    pub values: &'static [(&'static str, &'static [&'static str])],
}

macro_rules! structures {
    ($($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $field_doc:literal])* $field:ident: $type:ty,)*
    })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Clone, PartialEq, Serialize)]
            #[serde(rename_all = "camelCase")]
            pub struct $name {
                $($(#[doc = $field_doc])* pub $field: $type,)*
            }

            impl fmt::Debug for $name {
                // What people said stands in these: it does not belong into a log.
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str(concat!(stringify!($name), "(…)"))
                }
            }
        )*

        /// All structures, in the order of the page.
        pub const STRUCTURES: &[Structure] = &[$(Structure {
            name: stringify!($name),
            docs: &[$($doc),*],
            fields: &[$(StructureField {
                name: stringify!($field),
                docs: &[$($field_doc),*],
                rust_type: stringify!($type),
            },)*],
        },)*];
    };
}

macro_rules! enumerations {
    ($($(#[doc = $doc:literal])* $name:ident {
        $($(#[doc = $value_doc:literal])* $value:ident,)*
    })*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
            #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
            pub enum $name {
                $($(#[doc = $value_doc])* $value,)*
            }
        )*

        /// All enumerations, in the order of the page.
        pub const ENUMERATIONS: &[Enumeration] = &[$(Enumeration {
            name: stringify!($name),
            docs: &[$($doc),*],
            values: &[$((stringify!($value), &[$($value_doc),*]),)*],
        },)*];
    };
}

pub(crate) use {enumerations, structures};
