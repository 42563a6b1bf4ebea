//! The settings of a `clearml.conf`, each with its place in the text. Pure.
//!
//! The format is HOCON as pyhocon reads it, which ClearML carries along. Values stay as written: nothing is
//! substituted, included or merged, so a setting that is given twice shows twice, and the last one counts.

use std::ops::Range;

/// What is nested deeper ends the reading; pyhocon gives up at 60.
const DEEPEST: usize = 64;
/// Longer paths are left out: each setting carries its whole path, so they would cost the square of their length.
const LONGEST_PATH: usize = 1024;

/// One scalar setting of a clearml.conf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting<'t> {
    /// Its path from the top: `sdk.aws.s3.credentials[0].verify`.
    pub path: String,
    /// The value as written, without quotes (escapes in quoted strings left as they are).
    pub value: &'t str,
    /// Where the whole value stands in the text, quotes included.
    pub span: Range<usize>,
    /// Its line, counted from 1.
    pub line: usize,
}

/// Every scalar setting, in the order of the text. Lenient: what cannot be read is passed over, nothing panics.
#[must_use]
pub fn settings(text: &str) -> Vec<Setting<'_>> {
    let mut reader = Reader {
        text,
        line: 1,
        ..Reader::default()
    };
    while reader.peek().is_some() {
        reader.inside(None, 0);
    }
    reader.found
}

#[derive(Default)]
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// Of what is being read.
    path: String,
    /// The line of the place in `counted`.
    line: usize,
    counted: usize,
    found: Vec<Setting<'t>>,
}

impl<'t> Reader<'t> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn sees(&self, token: &str) -> bool {
        self.rest().starts_with(token)
    }

    /// Only where a word could begin: the `//` of `https://host` is none.
    fn at_comment(&self) -> bool {
        self.sees("#") || self.sees("//")
    }

    fn at_end_of_value(&self) -> bool {
        self.peek().is_none_or(ends_value) || self.at_comment()
    }

    fn skip(&mut self, blanks: &[char]) {
        self.at = self.text.len() - self.rest().trim_start_matches(blanks).len();
    }

    fn skip_to(&mut self, ends: &[char]) {
        self.at += self.rest().find(ends).unwrap_or(self.rest().len());
    }

    fn skip_blank(&mut self) {
        self.skip(&[' ', '\t', '\r', '\n']);
        while self.at_comment() {
            self.skip_to(&['\r', '\n']);
            self.skip(&[' ', '\t', '\r', '\n']);
        }
    }

    /// What stands in an object, or in an array from the given element on; the element after the last. The braces
    /// around the whole text may be left out, so any that have no key are read as if they were. Either closing bracket
    /// will do: where they do not match, ClearML reads nothing at all.
    fn inside(&mut self, mut element: Option<usize>, depth: usize) -> Option<usize> {
        let own = self.path.len();
        loop {
            self.skip_blank();
            self.path.truncate(own);
            match (self.peek(), element) {
                (None | Some(b'}' | b']'), _) => {
                    self.at += 1;
                    return element;
                }
                (Some(b','), _) => self.at += 1,
                (Some(_), Some(number)) => {
                    self.path.extend(["[", &number.to_string(), "]"]);
                    element = Some(number + 1);
                    self.value(depth);
                }
                (Some(b'{' | b'['), None) => _ = self.brackets(0, depth),
                (Some(_), None) => self.entry(depth),
            }
        }
    }

    /// Takes how many elements the value has before the brackets; how many after.
    fn brackets(&mut self, elements: usize, depth: usize) -> usize {
        let element = self.sees("[").then_some(elements);
        if depth == DEEPEST {
            self.at = self.text.len();
            return elements;
        }
        self.at += 1;
        self.inside(element, depth + 1).unwrap_or(elements)
    }

    /// A key and its value. An `include` is passed over here, too: it looks like a key without a value.
    fn entry(&mut self, depth: usize) {
        let named = self.key().is_some_and(|key| self.name(key));
        self.skip_blank();
        let separator = [":", "=", "+="].iter().find(|token| self.sees(token));
        self.at += separator.map_or(0, |token| token.len());
        if !named || separator.is_none() && !self.sees("{") {
            return;
        }
        let separated = self.at;
        self.skip_blank();
        if matches!(self.peek(), None | Some(b',' | b'}' | b']')) {
            self.note(separated..separated, separated..separated);
        } else {
            self.value(depth);
        }
    }

    fn key(&mut self) -> Option<&'t str> {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => _ = self.quoted()?,
                _ if ends_value(byte) || b":=#".contains(&byte) || self.sees("+=") => break,
                _ => self.at += 1,
            }
        }
        self.text.get(start..self.at).map(str::trim)
    }

    /// Puts a key's names at the end of the path; whether it has any.
    fn name(&mut self, key: &str) -> bool {
        let before = self.path.len();
        let mut quoted = false;
        let at_dot = |letter| {
            quoted ^= letter == '"';
            letter == '.' && !quoted
        };
        for part in key.split(at_dot) {
            let inner = part.strip_prefix('"').and_then(|p| p.strip_suffix('"'));
            let name = inner.filter(|name| !name.contains('.')).unwrap_or(part);
            if !name.is_empty() {
                let dot = if self.path.is_empty() { "" } else { "." };
                self.path.extend([dot, name]);
            }
        }
        self.path.len() > before
    }

    /// One value may be joined from several: `[a] [b]`, or `${base} {..}`.
    fn value(&mut self, depth: usize) {
        let mut elements = 0;
        loop {
            self.skip(&[' ', '\t']);
            match self.peek() {
                Some(b'{' | b'[') => elements = self.brackets(elements, depth),
                _ if self.at_end_of_value() => return,
                _ => self.scalar(),
            }
        }
    }

    /// Words, quoted strings and substitutions on one line are one value together: `${HOME}/"my files"`.
    fn scalar(&mut self) {
        let start = self.at;
        let mut value = self.piece();
        let mut end = self.at;
        self.skip(&[' ', '\t']);
        while !self.at_end_of_value() {
            let piece = self.piece();
            end = self.at;
            value = value.and(piece).map(|_| start..end);
            self.skip(&[' ', '\t']);
        }
        if let Some(value) = value {
            self.note(value, start..end);
        }
    }

    /// Where its value stands, or nothing if it is not closed.
    fn piece(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        match self.peek() {
            Some(b'"') => return self.quoted(),
            Some(b'$') if self.sees("${") => {
                self.skip_to(&['}', '\r', '\n']);
                self.at += self.sees("}").then_some(1)?;
            }
            _ => self.word(),
        }
        Some(start..self.at)
    }

    fn quoted(&mut self) -> Option<Range<usize>> {
        const TRIPLE: &str = "\"\"\"";
        if self.sees(TRIPLE) {
            let start = self.at + TRIPLE.len();
            self.at = self.text.len();
            let (inner, after) = self.text.get(start..)?.split_once(TRIPLE)?;
            // Of more than three quotes, the last three close.
            let more = after.len() - after.trim_start_matches('"').len();
            let end = start + inner.len() + more;
            self.at = end + TRIPLE.len();
            return Some(start..end);
        }
        self.at += 1;
        let start = self.at;
        while !self.sees("\"") {
            match self.peek()? {
                b'\n' => return None,
                b'\\' if !self.sees("\\\n") => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.at += 1;
        Some(start..self.at - 1)
    }

    fn word(&mut self) {
        let rest = self.rest();
        let after = rest.trim_start_matches(|letter: char| {
            letter.is_ascii_alphanumeric() || "+-.".contains(letter)
        });
        let plain = rest.len() - after.len();
        if after.starts_with("//") && rest.get(..plain).is_some_and(is_literal) {
            self.at += plain;
            return;
        }
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'"' | b'#' => break,
                _ if ends_value(byte) || self.sees("${") => break,
                // At the end of a line, a backslash joins the next one to it.
                b'\\' if self.sees("\\\r\n") => self.at += 3,
                b'\\' => self.at = self.text.len().min(self.at + 2),
                _ => self.at += 1,
            }
        }
    }

    fn note(&mut self, value: Range<usize>, span: Range<usize>) {
        let passed = self.text.get(self.counted..span.start).unwrap_or_default();
        self.line += passed.matches('\n').count();
        self.counted = span.start;
        if let Some(value) = self.text.get(value)
            && self.path.len() <= LONGEST_PATH
        {
            let (path, line) = (self.path.clone(), self.line);
            self.found.push(Setting {
                path,
                value,
                span,
                line,
            });
        }
    }
}

/// Of an unquoted value or key, wherever it stands.
fn ends_value(byte: u8) -> bool {
    matches!(byte, b',' | b'\r' | b'\n' | b'{' | b'}' | b'[' | b']')
}

/// After these, and no other words, pyhocon reads a comment without a space before it: `8080//http`.
fn is_literal(word: &str) -> bool {
    let number = word.contains(char::is_numeric) && word.parse::<f64>().is_ok();
    number || ["true", "false", "null"].contains(&word.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, &str)> {
        let found = settings(text).into_iter();
        found.map(|found| (found.path, found.value)).collect()
    }

    #[track_caller]
    fn reads(text: &str, expected: &[(&str, &str)]) {
        let found = read(text);
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|(path, value)| (path.as_str(), *value))
            .collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn a_setting_has_its_path_value_place_and_line() {
        let text = "api {\n  verify_certificate: \"false\" # really\n}\n";
        let found = settings(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].path, "api.verify_certificate");
        assert_eq!(found[0].value, "false");
        assert_eq!(&text[found[0].span.clone()], "\"false\"");
        assert_eq!(found[0].line, 2);
    }

    #[test]
    fn braces_around_the_whole_may_be_left_out() {
        for text in [
            "{api {a: 1}, b: 2}",
            "api {a: 1}\nb: 2",
            "api: {a: 1}, b: 2",
            "api.a = 1\nb = 2",
        ] {
            reads(text, &[("api.a", "1"), ("b", "2")]);
        }
    }

    #[test]
    fn json_is_read_too() {
        reads(
            "{\"sdk\": {\"aws\": {\"s3\": {\"verify\": false, \"hosts\": [\"a\", \"b\"]}}}, \"none\": null}",
            &[
                ("sdk.aws.s3.verify", "false"),
                ("sdk.aws.s3.hosts[0]", "a"),
                ("sdk.aws.s3.hosts[1]", "b"),
                ("none", "null"),
            ],
        );
    }

    #[test]
    fn arrays_hold_scalars_objects_and_arrays() {
        reads(
            "credentials: [\n  {host: \"minio:9000\", secure: true}\n  # another\n  {host: other}\n]\nn = [[1, 2], [3]]",
            &[
                ("credentials[0].host", "minio:9000"),
                ("credentials[0].secure", "true"),
                ("credentials[1].host", "other"),
                ("n[0][0]", "1"),
                ("n[0][1]", "2"),
                ("n[1][0]", "3"),
            ],
        );
        reads("a: [1,,2,\n]", &[("a[0]", "1"), ("a[1]", "2")]);
        reads("[{a: 1}]", &[("[0].a", "1")]);
    }

    #[test]
    fn a_key_in_quotes_is_one_name_and_keeps_them_only_around_a_dot() {
        reads(
            "\"a.b\": 1, \"c\".d: 2, e.\"f.g\" {h: 3}",
            &[("\"a.b\"", "1"), ("c.d", "2"), ("e.\"f.g\".h", "3")],
        );
        reads("my key : 1", &[("my key", "1")]);
    }

    #[test]
    fn two_slashes_are_a_comment_only_where_a_word_begins() {
        reads(
            "api_server: https://demoapi.demo.clear.ml",
            &[("api_server", "https://demoapi.demo.clear.ml")],
        );
        reads(
            "a: x // c\nb: x// c\nc: \"x\"//c",
            &[("a", "x"), ("b", "x// c"), ("c", "x")],
        );
        reads("a: 8080//c\nb: TRUE//c", &[("a", "8080"), ("b", "TRUE")]);
        reads("a: x#c\n# b: 2\n// c: 3", &[("a", "x")]);
    }

    #[test]
    fn quotes_keep_what_is_in_them() {
        reads(
            r#"a: "x, \" # } y" , b: """p "q" r""""#,
            &[("a", r#"x, \" # } y"#), ("b", "p \"q\" r")],
        );
        reads(
            "a: \"\"\"x\ny\"\"\"\"\nb: \"\"",
            &[("a", "x\ny\""), ("b", "")],
        );
    }

    #[test]
    fn a_value_joined_from_pieces_is_one_value() {
        reads(
            "a: ${HOME}/\"my files\"  x",
            &[("a", "${HOME}/\"my files\"  x")],
        );
        reads(
            "a: [1] [2]\nb: {x: 1} {y: 2}",
            &[("a[0]", "1"), ("a[1]", "2"), ("b.x", "1"), ("b.y", "2")],
        );
        reads("a: x \\\n  y\nb: 1", &[("a", "x \\\n  y"), ("b", "1")]);
    }

    #[test]
    fn a_value_may_begin_on_the_next_line() {
        reads("a:\n  # why\n  1\nb\n{c: 2}", &[("a", "1"), ("b.c", "2")]);
    }

    #[test]
    fn a_value_left_out_is_empty_and_stands_after_its_separator() {
        let text = "{a: , b = # none\n}";
        reads(text, &[("a", ""), ("b", "")]);
        assert_eq!(
            settings(text)
                .iter()
                .map(|found| found.span.clone())
                .collect::<Vec<_>>(),
            [3..3, 9..9]
        );
    }

    #[test]
    fn includes_are_passed_over() {
        reads(
            "include \"x\"\ninclude required(file(\"a: b\"))\na: 1\ninclude: 2",
            &[("a", "1"), ("include", "2")],
        );
    }

    #[test]
    fn a_setting_given_again_shows_again() {
        reads(
            "a: 1\na: 2\nb: [x]\nb += [y]",
            &[("a", "1"), ("a", "2"), ("b[0]", "x"), ("b[0]", "y")],
        );
    }

    #[test]
    fn carriage_returns_and_tabs_are_blank() {
        let text = "a\t{\r\n\tb\t=\tx y\t\r\n\tc: [\r\n1\r\n2]}\r\n";
        reads(text, &[("a.b", "x y"), ("a.c[0]", "1"), ("a.c[1]", "2")]);
        assert_eq!(
            settings(text)
                .iter()
                .map(|found| found.line)
                .collect::<Vec<_>>(),
            [2, 4, 5]
        );
    }

    #[test]
    fn what_is_broken_is_passed_over() {
        reads("a: \"x\nb: 1\nc: ${x\nd: 2", &[("b", "1"), ("d", "2")]);
        reads("}}, a: 1", &[("a", "1")]);
        reads(": 1, ., =, b\n c: 3", &[("c", "3")]);
        reads("a { b: [1, {c: 2", &[("a.b[0]", "1"), ("a.b[1].c", "2")]);
        reads("a: \"\"\"x\nb: 1", &[]);
        reads("a: x\\", &[("a", "x\\")]);
    }

    #[test]
    fn the_deepest_nesting_neither_overflows_nor_hides_what_stands_before_it() {
        for open in ["a {", "{", "[", "{a: [", "{a:"] {
            let text = format!("before: 1\n{} b: 2", open.repeat(10_000));
            reads(&text, &[("before", "1")]);
        }
        let text = format!(
            "{} b: 2{}\nc: 3",
            "a {".repeat(DEEPEST),
            "}".repeat(DEEPEST)
        );
        assert_eq!(read(&text).len(), 2);
    }

    #[test]
    fn the_time_grows_with_the_text_and_not_with_its_square() {
        let started = std::time::Instant::now();
        let long = format!(
            "{}: {{ {} }}",
            "a.".repeat(200_000),
            "b: 1\n".repeat(100_000)
        );
        reads(&long, &[]);
        for piece in [
            "${", "\"", "\"\"\"a", "1//", "a//", "/", "a:", "\\", "{", "}", "[,", "# ", "1",
        ] {
            for lead in ["", "a: ", "a: ["] {
                let _ = settings(&format!("{lead}{}", piece.repeat(30_000)));
            }
        }
        // Less than a second; the square would be minutes.
        assert!(started.elapsed().as_secs() < 20);
    }

    #[test]
    fn replacing_a_value_changes_that_setting_alone() {
        let text = "api { a: \"x\"//c\n b: [1, {c: ${x}y}] }\nd = # none\n";
        for (number, found) in settings(text).iter().enumerate() {
            let mut changed = text.to_owned();
            changed.replace_range(found.span.clone(), "true");
            let mut expected = read(text);
            expected[number].1 = "true";
            assert_eq!(read(&changed), expected);
        }
    }
}
