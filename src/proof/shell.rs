//! Just enough of a shell's grammar to find the commands of a script: quotes, comments, separators.

/// A command of a script.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Its program and arguments, without quotes.
    pub(super) words: Vec<String>,
    /// Variables that are set before it, or instead of one.
    pub(super) set: Vec<(String, String)>,
    /// Whether it begins a loop.
    pub(super) loops: bool,
}

/// Words that stand before a command and are none.
const BEFORE: [&str; 14] = [
    "if", "then", "else", "elif", "while", "until", "do", "!", "[", "[[", "exec", "time", "{",
    "export",
];

impl Command {
    /// A command that is given as words: no shell looks at them.
    pub(super) fn new(words: Vec<String>) -> Self {
        Self {
            words,
            ..Self::default()
        }
    }

    fn of_script(words: Vec<String>) -> Self {
        let mut command = Self::default();
        let mut words = words.into_iter().peekable();
        while let Some(word) = words.peek() {
            let set = word.split_once('=').filter(|(name, _)| is_name(name));
            if let Some((name, value)) = set {
                command.set.push((name.to_owned(), value.to_owned()));
            } else if BEFORE.contains(&word.as_str()) {
                command.loops |= word == "while" || word == "until";
            } else {
                break;
            }
            words.next();
        }
        command.words = words.collect();
        command
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c == '_' || c.is_ascii_alphanumeric())
        && !text.starts_with(|c: char| c.is_ascii_digit())
}

/// The commands of a script, also those whose output another one takes: `[ $(curl …) -eq 200 ]` has two.
pub(super) fn commands(script: &str) -> Vec<Command> {
    let mut found = Vec::new();
    let mut words: Vec<String> = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    let mut characters = script.chars().peekable();
    while let Some(c) = characters.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None | Some('"'), '\\') => match characters.next() {
                // The line goes on.
                Some('\n') | None => {}
                Some(escaped) => word.get_or_insert_default().push(escaped),
            },
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#') if word.is_none() => while characters.next_if(|c| *c != '\n').is_some() {},
            (None, '(') if is_kubernetes_variable(word.as_deref(), &characters) => {
                let word = word.get_or_insert_default();
                word.push('(');
                while let Some(c) = characters.next_if(|c| *c != ')') {
                    word.push(c);
                }
                word.extend(characters.next());
            }
            (None, ';' | '&' | '|' | '\n' | '(' | ')' | '`') => {
                words.extend(word.take().filter(|word| word != "$"));
                found.push(Command::of_script(std::mem::take(&mut words)));
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    found.push(Command::of_script(words));
    found.retain(|command| *command != Command::default());
    found
}

/// `$(NAME)` is what Kubernetes replaces by a variable's value; a shell would run a program of that name.
fn is_kubernetes_variable(
    word: Option<&str>,
    rest: &std::iter::Peekable<std::str::Chars<'_>>,
) -> bool {
    let name: String = rest.clone().take_while(|c| *c != ')').collect();
    word == Some("$") && is_name(&name) && name.chars().all(|c| !c.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(script: &str) -> Vec<String> {
        let commands = commands(script).into_iter();
        let words = commands.map(|command| command.words.join(" "));
        words.filter(|words| !words.is_empty()).collect()
    }

    #[test]
    fn commands_are_told_apart() {
        assert_eq!(
            words("a 'b; c' \"d|e\" && f\\\n g # h\ni"),
            ["a b; c d|e", "f g", "i"]
        );
        assert_eq!(
            words("while [ $(x y) -ne 200 ]; do z; done"),
            ["x y", "-ne 200 ]", "z", "done"]
        );
        assert_eq!(words("x $(NAME)/y"), ["x $(NAME)/y"]);
        assert_eq!(words("'open"), ["open"]);
        assert_eq!(words("\\"), Vec::<String>::new());
    }

    #[test]
    fn what_stands_before_a_command_is_none() {
        let found = &commands("A=1 B=\"x y\" until curl u")[0];
        assert_eq!(found.words, ["curl", "u"]);
        assert!(found.loops);
        assert_eq!(found.set[1], ("B".to_owned(), "x y".to_owned()));
    }
}
