//! Rust text read just well enough: comments and literals taken out, tokens, test parts, functions.

/// One word or sign of masked Rust text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// An identifier or number, `::`, or one other character.
    pub(crate) text: &'a str,
    /// Counted from 1.
    pub(crate) line: usize,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Where it begins, from 1.
    pub(crate) line: usize,
    /// Lines between its braces that are neither blank nor comment, as clippy counts.
    pub(crate) code_lines: usize,
}

/// What is compiled for tests only.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TestParts {
    /// First and last line of each item under `#[cfg(test)]`.
    pub(crate) lines: Vec<(usize, usize)>,
    /// Names of modules under `#[cfg(test)]` that have a file of their own.
    pub(crate) modules: Vec<String>,
}

impl TestParts {
    /// Whether this line is compiled for tests only.
    pub(crate) fn cover(&self, line: usize) -> bool {
        self.lines.iter().any(|(first, last)| (*first..=*last).contains(&line))
    }
}

/// The text with comments made blanks and literals made quotes, line for line as long as before.
pub(crate) fn mask(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let Some((end, filler)) = opaque(&chars, at) else {
            masked.push(chars[at]);
            at += 1;
            continue;
        };
        let end = end.min(chars.len());
        masked.extend(chars[at..end].iter().map(|&one| if one == '\n' { '\n' } else { filler }));
        at = end;
    }
    masked
}

/// Where the comment or literal that begins at `at` ends, and what it is masked with.
fn opaque(chars: &[char], at: usize) -> Option<(usize, char)> {
    let next = chars.get(at + 1);
    match chars[at] {
        '/' if next == Some(&'/') => Some((find(chars, at, |one| one == '\n'), ' ')),
        '/' if next == Some(&'*') => Some((block_comment_end(chars, at), ' ')),
        '"' => Some((quoted_end(chars, at + 1, '"'), '"')),
        '\'' if next == Some(&'\\') || chars.get(at + 2) == Some(&'\'') => {
            Some((quoted_end(chars, at + 1, '\''), '"'))
        }
        'r' if begins_raw(chars, at) => {
            let quote = find(chars, at + 1, |one| one != '#');
            (chars.get(quote) == Some(&'"')).then(|| (raw_end(chars, quote, quote - at - 1), '"'))
        }
        _ => None,
    }
}

fn find(chars: &[char], from: usize, wanted: impl Fn(char) -> bool) -> usize {
    chars[from..].iter().position(|&one| wanted(one)).map_or(chars.len(), |offset| from + offset)
}

fn block_comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_end(chars: &[char], from: usize, quote: char) -> usize {
    let mut at = from;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn begins_raw(chars: &[char], at: usize) -> bool {
    let before = |back: usize| at.checked_sub(back).map(|before| chars[before]);
    let word = |one: Option<char>| one.is_some_and(is_word);
    !word(before(1)) || matches!(before(1), Some('b' | 'c')) && !word(before(2))
}

fn raw_end(chars: &[char], quote: usize, hashes: usize) -> usize {
    let mut at = quote + 1;
    while at < chars.len() {
        let behind = chars[at + 1..].iter().take(hashes);
        if chars[at] == '"' && behind.filter(|&&one| one == '#').count() == hashes {
            break;
        }
        at += 1;
    }
    at + 1 + hashes
}

fn is_word(one: char) -> bool {
    one.is_alphanumeric() || one == '_'
}

/// The tokens of masked text. Literals are left out.
pub(crate) fn tokens(masked: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for (index, text) in masked.lines().enumerate() {
        let line = index + 1;
        let mut rest = text.trim_start_matches(blank);
        while let Some(first) = rest.chars().next() {
            let length = if is_word(first) {
                rest.find(|one| !is_word(one)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            let (token, behind) = rest.split_at(length);
            tokens.push(Token { text: token, line });
            rest = behind.trim_start_matches(blank);
        }
    }
    tokens
}

fn blank(one: char) -> bool {
    one.is_whitespace() || one == '"'
}

/// Whether the tokens from `at` on are these.
pub(crate) fn says(tokens: &[Token<'_>], at: usize, words: &[&str]) -> bool {
    let here = tokens.get(at..).unwrap_or_default();
    here.len() >= words.len() && here.iter().zip(words).all(|(token, word)| token.text == *word)
}

/// The index of what closes the bracket that opens at `open`; the last token if nothing does.
pub(crate) fn closing(tokens: &[Token<'_>], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return at;
        }
    }
    tokens.len() - 1
}

/// The index of the item's body, or of the semicolon that stands for it.
fn body(tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let mut at = from;
    while at < tokens.len() {
        match tokens[at].text {
            "{" | ";" => return Some(at),
            "(" | "[" => at = closing(tokens, at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The parts of a file that are compiled for tests only.
pub(crate) fn test_parts(tokens: &[Token<'_>]) -> TestParts {
    let mut parts = TestParts::default();
    let mut at = 0;
    while at < tokens.len() {
        let plain = says(tokens, at, &["#", "[", "cfg", "(", "test", ")"]);
        if !plain && !says(tokens, at, &["#", "[", "cfg", "(", "all", "(", "test"]) {
            at += 1;
            continue;
        }
        let first = tokens[at].line;
        while says(tokens, at, &["#", "["]) {
            at = closing(tokens, at + 1) + 1;
        }
        let Some(end) = body(tokens, at) else { break };
        if tokens[end].text == ";" && end >= 2 && tokens[end - 2].text == "mod" {
            parts.modules.push(tokens[end - 1].text.to_owned());
        }
        at = if tokens[end].text == "{" { closing(tokens, end) } else { end };
        parts.lines.push((first, tokens[at].line));
    }
    parts
}

/// The functions of a file, nested ones too, with the lengths of their bodies.
pub(crate) fn functions<'a>(masked: &str, tokens: &[Token<'a>]) -> Vec<Function<'a>> {
    let code: Vec<bool> = masked.lines().map(|line| !line.trim().is_empty()).collect();
    let mut functions = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let Some(name) = tokens.get(at + 1) else { break };
        if token.text != "fn" || !name.text.starts_with(is_word) {
            continue;
        }
        let Some(open) = body(tokens, at).filter(|open| tokens[*open].text == "{") else { continue };
        let (first, last) = (tokens[open].line, tokens[closing(tokens, open)].line);
        let inside = code.get(first..last.saturating_sub(1)).unwrap_or_default();
        let code_lines = inside.iter().filter(|is_code| **is_code).count();
        functions.push(Function { name: name.text, line: token.line, code_lines });
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(&mask(text)).iter().map(|token| token.text.to_owned()).collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(words("a // b \" c\nd /* e /* f */ g */ h"), ["a", "d", "h"]);
        assert_eq!(words(r#"a("b \" { c", 'd', '\'', '{') e"#), ["a", "(", ",", ",", ",", ")", "e"]);
        assert_eq!(words("a r#\"b \" { c\"# d br\"e\\\" f"), ["a", "d", "b", "f"]);
        assert_eq!(words("fn f<'a>(x: &'a str) {}").len(), 16);
        assert_eq!(words("r#type var\"x\" y"), ["r", "#", "type", "var", "y"]);
    }

    #[test]
    fn masking_keeps_every_line_where_it_was() {
        let text = "a\n/* b\nc */ d\n\"e\nf\" g // h\ni";
        let masked = mask(text);
        assert_eq!(masked.lines().count(), text.lines().count());
        let lines: Vec<_> = tokens(&masked).iter().map(|token| (token.text.to_owned(), token.line)).collect();
        let expected = [("a", 1), ("d", 3), ("g", 5), ("i", 6)];
        assert_eq!(lines, expected.map(|(text, line)| (text.to_owned(), line)));
    }

    #[test]
    fn what_stands_under_cfg_test_is_known() {
        let text = "mod a;\n#[cfg(test)]\nmod b;\nfn c() {}\n#[cfg(test)]\n#[allow(x)]\nmod d {\n fn e() {}\n}\nfn f() {}";
        let masked = mask(text);
        let parts = test_parts(&tokens(&masked));
        assert_eq!(parts, TestParts { lines: vec![(2, 3), (5, 9)], modules: vec!["b".to_owned()] });
        assert!(parts.cover(8) && !parts.cover(4) && !parts.cover(10));
    }

    #[test]
    fn a_function_is_as_long_as_the_code_between_its_braces() {
        let text =
            "fn a(x: [u8; 2]) -> u8\n{\n // no\n\n let y = \"}\n\";\n y\n}\nfn b();\nconst C: fn(u8) = d;\n";
        let masked = mask(text);
        let found = functions(&masked, &tokens(&masked));
        assert_eq!(found, [Function { name: "a", line: 1, code_lines: 3 }]);
    }
}
