//! Kotlin's data classes, written from the table of structures and from the tables of fields.

use std::fmt::Write as _;

use khettara_android::message::{ENUMERATIONS, STRUCTURES};
use khettara_android::structure::{Enumeration, Structure};
use khettara_device::{FieldDescription, ListOf, RecordKind, Shape, Words};

/// The kinds that have classes of their own; all others are read as `Record` and written as `RecordForm`.
const KINDS: [(RecordKind, &str); 4] = [
    (RecordKind::Household, "Household"),
    (RecordKind::Member, "Member"),
    (RecordKind::Visit, "Visit"),
    (RecordKind::Need, "Need"),
];

/// Structures that hold what people said: their `toString` tells nothing, so that no log does.
const OF_PEOPLE: [&str; 6] = ["ListRow", "Record", "Writer", "Side", "Conflict", "HouseholdView"];

/// What `Words` can do.
const IN_TONGUE: &str = ") {
    /** The same in one language. */
    public fun inTongue(tongue: Tongue): String = when (tongue) {
        Tongue.AR -> ar
        Tongue.FR -> fr
        Tongue.EN -> en
    }
}
";

const HEAD: &str =
    "// Written from the tables of the Rust types: change those, then see android-bindings/README.md.\n";
const SUPPRESS: &str =
    "@file:UseSerializers(UuidSerializer::class, InstantSerializer::class)\n\npackage org.khettara\n";

/// `Messages.kt`.
pub(crate) fn messages() -> String {
    let mut text = format!("{HEAD}{SUPPRESS}\n");
    text += "import java.time.Instant\nimport java.util.UUID\nimport kotlinx.serialization.Serializable\n";
    text += "import kotlinx.serialization.UseSerializers\n";
    for enumeration in ENUMERATIONS {
        push_enumeration(&mut text, enumeration);
    }
    for structure in STRUCTURES {
        push_structure(&mut text, structure);
    }
    text
}

/// `Records.kt`.
pub(crate) fn records() -> String {
    let mut text = format!("{HEAD}{SUPPRESS}\n");
    text += "import java.time.Instant\nimport java.util.UUID\nimport kotlinx.serialization.SerialName\n";
    text += "import kotlinx.serialization.Serializable\n";
    text += "import kotlinx.serialization.UseSerializers\nimport kotlinx.serialization.json.JsonObject\n";
    for (kind, name) in KINDS {
        push_row(&mut text, kind, name);
        push_form(&mut text, kind, name);
    }
    text
}

fn docs(text: &mut String, indent: &str, lines: &[&str]) {
    let said: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    let _ = writeln!(text, "{indent}/** {} */", said.join(" "));
}

fn push_enumeration(text: &mut String, enumeration: &Enumeration) {
    text.push('\n');
    docs(text, "", enumeration.docs);
    let _ = writeln!(text, "@Serializable\npublic enum class {} {{", enumeration.name);
    for (value, said) in enumeration.values {
        docs(text, "    ", said);
        let _ = writeln!(text, "    {},", screaming(value));
    }
    text.push_str("}\n");
}

fn push_structure(text: &mut String, structure: &Structure) {
    text.push('\n');
    docs(text, "", structure.docs);
    let _ = writeln!(text, "@Serializable\npublic data class {}(", structure.name);
    for field in structure.fields {
        docs(text, "    ", field.docs);
        let _ = writeln!(text, "    val {}: {},", camel(field.name), kotlin_type(field.rust_type));
    }
    if structure.name == "Words" {
        text.push_str(IN_TONGUE);
        return;
    }
    match OF_PEOPLE.contains(&structure.name) {
        true => says_nothing(text, ") {", structure.name, ""),
        false => text.push_str(")\n"),
    }
}

/// The end of a class whose `toString` says its name, and its id where it has one.
fn says_nothing(text: &mut String, begin: &str, name: &str, id: &str) {
    let _ = writeln!(text, "{begin}\n    override fun toString(): String = \"{name}({id}…)\"\n}}");
}

/// `Option<Vec<Words>>` is `List<Words>?`.
fn kotlin_type(rust: &str) -> String {
    let rust = rust.replace(' ', "");
    let inside =
        |outer: &str| rust.strip_prefix(outer).and_then(|rest| rest.strip_suffix('>')).map(str::to_owned);
    if let Some(inner) = inside("Option<") {
        return format!("{}? = null", kotlin_type(&inner));
    }
    if let Some(inner) = inside("Vec<") {
        return format!("List<{}>", kotlin_type(&inner));
    }
    if let Some(inner) = inside("BTreeMap<") {
        let (key, value) = inner.split_once(',').expect("a map has two types");
        return format!("Map<{}, {}>", kotlin_type(key), kotlin_type(value));
    }
    match rust.as_str() {
        "u32" => "Int",
        "u64" | "i64" => "Long",
        "bool" => "Boolean",
        "Uuid" => "UUID",
        // String, Instant, and the names of structures, which are those of their Kotlin classes.
        other => other,
    }
    .into()
}

fn push_row(text: &mut String, kind: RecordKind, name: &str) {
    let (words, article) = (kind.word().replace('_', " "), "A");
    let _ =
        writeln!(text, "\n/** {article} {words} as it stands: of every field the answer that lists show. */");
    let _ = writeln!(text, "@Serializable\npublic data class {name}(");
    text.push_str("    /** Its id. */\n    val id: UUID,\n");
    if kind != RecordKind::Household {
        text.push_str("    /** Its household. */\n    val household: UUID,\n");
    }
    for field in kind.described() {
        push_field(text, &field, "");
    }
    if kind == RecordKind::Household {
        text.push_str("    /** The languages spoken, by their codes. */\n    val languages: List<String>,\n");
    }
    text.push_str("    /** How many of its fields have several answers. */\n    val conflicts: Int,\n");
    text.push_str("    /** What other software wrote beside them, as JSON, by name. */\n");
    text.push_str("    val extra: Map<String, String>,\n");
    says_nothing(text, ") {", name, "$id ");
}

fn push_form(text: &mut String, kind: RecordKind, name: &str) {
    let word = kind.word();
    let _ = writeln!(
        text,
        "\n/** A {word}, new or changed: of one that exists, only the fields that are given change. */"
    );
    let _ = writeln!(text, "@Serializable\npublic data class {name}Form @JvmOverloads constructor(");
    if kind != RecordKind::Household {
        let nested = if kind == RecordKind::Visit { "" } else { " Absent inside another form." };
        let _ = writeln!(text, "    /** Its household.{nested} */\n    val household: UUID? = null,");
    }
    let (needed, others): (Vec<_>, Vec<_>) =
        kind.described().into_iter().partition(|field| field.needed && field.shape != Shape::Time);
    for field in &needed {
        push_field(text, field, " Needed in a new one.");
    }
    for list in kind.lists() {
        push_list(text, list.name, list.of);
    }
    for field in others.iter().filter(|field| !field.name.starts_with("anchored_")) {
        push_field(text, field, "");
    }
    text.push_str("    /** The id of one that exists, which is changed, or that another system gave; absent: it is new. */\n");
    text.push_str("    val id: UUID? = null,\n");
    text.push_str("    /** Fields to take away, by their names in lines, such as `road_km_tenths`. */\n    val clear: Set<String> = emptySet(),\n");
    let json = "override fun json(): JsonObject = formJson(serializer(), this)";
    let begin = format!(") : Form() {{\n    override val record: String get() = \"{word}\"\n\n    {json}\n");
    says_nothing(text, &begin, &format!("{name}Form"), "");
}

/// Lists of records with classes of their own, and of languages.
fn push_list(text: &mut String, name: &str, of: ListOf) {
    match of {
        ListOf::Languages => {
            text.push_str(
                "    /** The languages spoken, all of them, by their codes; absent: unchanged. */\n",
            );
            text.push_str("    val languages: List<String>? = null,\n");
        }
        ListOf::Records(kind) => {
            let Some((_, class)) = KINDS.iter().find(|(own, _)| *own == kind) else { return };
            let words = kind.word();
            let _ = writeln!(text, "    /** Each {words} that is recorded with it. */");
            let _ = writeln!(text, "    val {name}: List<{class}Form> = emptyList(),");
        }
    }
}

fn push_field(text: &mut String, field: &FieldDescription, more: &str) {
    let Words { ar, fr, en } = field.words;
    let upper = capital(en);
    let _ = writeln!(text, "    /** {upper}{}.{more} {fr} · {ar} */", detail(field));
    if camel(field.name) != field.name {
        let _ = writeln!(text, "    @SerialName(\"{}\")", field.name);
    }
    let _ = writeln!(text, "    val {}: {}? = null,", camel(field.name), shape_type(field.shape));
}

fn detail(field: &FieldDescription) -> String {
    match field.shape {
        Shape::Code(codes) => format!(": {}", codes.join(", ")),
        Shape::Whole { min, max } => format!(", {min} to {max}"),
        Shape::Text { bytes_max } => format!(", at most {bytes_max} bytes"),
        Shape::Commune => ", HCP code such as 08.201.11.07".into(),
        Shape::Phone => ", such as +212612345678".into(),
        Shape::Identifier => ", kept as a hash only".into(),
        Shape::Birth => ": 1961-03-12, 1961, or 1961~ where it is a guess".into(),
        _ => String::new(),
    }
}

fn shape_type(shape: Shape) -> &'static str {
    match shape {
        Shape::Flag => "Boolean",
        Shape::Whole { min, max } if i32::try_from(min).is_ok() && i32::try_from(max).is_ok() => "Int",
        Shape::Whole { .. } => "Long",
        Shape::Time => "Instant",
        Shape::Place => "GeoPoint",
        Shape::Reference(_) => "UUID",
        Shape::Codes(_) => "List<String>",
        _ => "String",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn camel(snake: &str) -> String {
    let mut parts = snake.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |name, part| name + &capital(part))
}

fn screaming(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && place > 0 {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
