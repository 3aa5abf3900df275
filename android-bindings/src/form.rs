//! A form as Kotlin gives it, and the line that the device takes: they differ in how a field is cleared.

use serde_json::{Map, Value};

/// The names of fields to take away, in a form and in each of those inside it.
const CLEAR: &str = "clear";

/// The line: `null` where a field is named in `clear`. `None` where the form is no object, or `clear` no list of
/// names.
pub(crate) fn line(form: Value) -> Option<String> {
    Some(cleared(form)?.to_string())
}

fn cleared(form: Value) -> Option<Value> {
    let Value::Object(mut form) = form else { return None };
    let names = form.remove(CLEAR);
    for value in form.values_mut() {
        let Value::Array(items) = value else { continue };
        for item in items.iter_mut().filter(|item| item.is_object()) {
            *item = cleared(std::mem::take(item))?;
        }
    }
    if let Some(names) = names {
        clear(&mut form, names)?;
    }
    Some(Value::Object(form))
}

fn clear(form: &mut Map<String, Value>, names: Value) -> Option<()> {
    let Value::Array(names) = names else { return None };
    for name in names {
        let Value::String(name) = name else { return None };
        form.insert(name, Value::Null);
    }
    Some(())
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
            assert_eq!(line(wrong), None);
        }
    }
}
