//! A form as Kotlin gives it, and the line that the device takes: they differ in how a field is cleared.

use serde_json::{Map, Value};

/// The names of fields to take away, in a form and in each of those inside it.
const CLEAR: &str = "clear";

/// Why there is no line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The form is no object, or `clear` no list of names.
    NoForm,
    /// A field is given a value and taken away.
    Repeated(String),
}

/// The line: `null` where a field is named in `clear`.
pub(crate) fn line(form: Value) -> Result<String, Fault> {
    Ok(cleared(form, "")?.to_string())
}

fn cleared(form: Value, at: &str) -> Result<Value, Fault> {
    let Value::Object(mut form) = form else { return Err(Fault::NoForm) };
    let names = form.remove(CLEAR);
    for (list, value) in &mut form {
        let Value::Array(items) = value else { continue };
        for (place, item) in items.iter_mut().enumerate().filter(|(_, item)| item.is_object()) {
            *item = cleared(std::mem::take(item), &format!("{at}{list}[{place}]."))?;
        }
    }
    if let Some(names) = names {
        clear(&mut form, names, at)?;
    }
    Ok(Value::Object(form))
}

fn clear(form: &mut Map<String, Value>, names: Value, at: &str) -> Result<(), Fault> {
    let Value::Array(names) = names else { return Err(Fault::NoForm) };
    for name in names {
        let Value::String(name) = name else { return Err(Fault::NoForm) };
        if form.contains_key(&name) {
            return Err(Fault::Repeated(format!("{at}{name}")));
        }
        form.insert(name, Value::Null);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_named_in_clear_is_null_in_the_line() {
        let form =
            json!({"record": "visit", "clear": ["note"], "needs": [{"id": "n", "clear": ["text"]}], "at": 1});
        let line: Value = serde_json::from_str(&line(form).expect("a line")).expect("JSON");
        assert_eq!(
            line,
            json!({"record": "visit", "needs": [{"id": "n", "text": null}], "at": 1, "note": null})
        );
    }

    #[test]
    fn what_is_no_form_is_no_line() {
        for wrong in
            [json!(1), json!([]), json!({"clear": 1}), json!({"clear": [1]}), json!({"a": [{"clear": 2}]})]
        {
            assert_eq!(line(wrong), Err(Fault::NoForm));
        }
    }

    #[test]
    fn what_is_given_and_taken_away_is_neither() {
        let form = json!({"record": "visit", "needs": [{"text": "x", "clear": ["text"]}]});
        assert_eq!(line(form), Err(Fault::Repeated("needs[0].text".into())));
    }
}
