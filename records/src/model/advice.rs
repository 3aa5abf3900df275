//! What a person is told of a trouble: what happened, what became of what was saved, what to do.

use super::words::{Tongue, Words};

/// What became of what was saved. Nothing that was saved is lost by any trouble that has words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All of it; nothing was being saved.
    All,
    /// All but the form at hand.
    AllButForm,
    /// All but the form at hand, if one was being saved.
    AllButFormIfAny,
    /// All but the decision at hand.
    AllButChoice,
    /// All but, perhaps, what was under way.
    PerhapsNotTheLast,
    /// The files are as they were found, which may be damaged; a copy of what was delivered is elsewhere.
    AsFound,
    /// The same, and the form at hand was not saved.
    AsFoundWithoutForm,
}

impl Kept {
    /// What is said of it: one sentence.
    #[must_use]
    pub const fn words(self) -> Words {
        match self {
            Self::All => Words {
                ar: "لم يضع شيء مما حُفظ.",
                fr: "Rien de ce qui a été enregistré n'est perdu.",
                en: "Nothing that was saved is lost.",
            },
            Self::AllButForm => Words {
                ar: "لم تُحفظ هذه الاستمارة، وكل ما حُفظ من قبل محفوظ.",
                fr: "Ce formulaire n'a pas été enregistré ; tout ce qui a été enregistré avant est en sécurité.",
                en: "This form was not saved; everything saved before is safe.",
            },
            Self::AllButFormIfAny => Words {
                ar: "إذا كانت استمارة قيد الحفظ فإنها لم تُحفظ، وكل ما حُفظ من قبل محفوظ.",
                fr: "Si un formulaire était en cours d'enregistrement, il n'a pas été enregistré ; tout ce qui a été \
                     enregistré avant est en sécurité.",
                en: "If a form was being saved, it was not; everything saved before is safe.",
            },
            Self::AllButChoice => Words {
                ar: "لم يُحفظ هذا الاختيار، وكل ما حُفظ من قبل محفوظ.",
                fr: "Ce choix n'a pas été enregistré ; tout ce qui a été enregistré avant est en sécurité.",
                en: "This choice was not saved; everything saved before is safe.",
            },
            Self::PerhapsNotTheLast => Words {
                ar: "ربما لم يُحفظ ما كان جاريا، فيرجى التحقق قبل إدخاله من جديد؛ وكل ما حُفظ من قبل محفوظ.",
                fr: "Ce qui était en cours n'a peut-être pas été enregistré : vérifiez avant de le saisir de nouveau ; \
                     tout ce qui a été enregistré avant est en sécurité.",
                en: "What was under way may not have been saved: look before you enter it again; everything saved \
                     before is safe.",
            },
            Self::AsFound => Words {
                ar: "لم يُغيَّر شيء ولم يُحذف، وما وصل إلى الإدارة المركزية محفوظ لديها.",
                fr: "Rien n'a été modifié ni effacé, et ce qui est arrivé à l'administration centrale y est en sécurité.",
                en: "Nothing was changed or deleted, and what has reached headquarters is safe there.",
            },
            Self::AsFoundWithoutForm => Words {
                ar: "لم تُحفظ هذه الاستمارة. ولم يُغيَّر شيء ولم يُحذف، وما وصل إلى الإدارة المركزية محفوظ لديها.",
                fr: "Ce formulaire n'a pas été enregistré. Rien n'a été modifié ni effacé, et ce qui est arrivé à \
                     l'administration centrale y est en sécurité.",
                en: "This form was not saved. Nothing was changed or deleted, and what has reached headquarters is \
                     safe there.",
            },
        }
    }
}

/// Words for one trouble. The halves are sentences without their capital and their stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// What happened; names in braces stand for numbers and lists.
    pub happened: Words,
    /// What to do.
    pub remedy: Words,
    /// What became of what was saved.
    pub kept: Kept,
}

impl Advice {
    /// The whole in one language. `place` is where it happened, as the start of the sentence (empty: nowhere in
    /// particular); `given` is what stands for the names in braces.
    #[must_use]
    pub fn sentence(&self, place: &str, given: &[(&str, String)], tongue: Tongue) -> String {
        let mut happened = self.happened.in_tongue(tongue).to_owned();
        for (name, value) in given {
            happened = happened.replace(&format!("{{{name}}}"), value);
        }
        let happened = match (place, tongue) {
            ("", _) => happened,
            (place, Tongue::Fr) => format!("{place} : {happened}"),
            (place, Tongue::Ar | Tongue::En) => format!("{place}: {happened}"),
        };
        let (happened, remedy) = (capitalised(&happened), capitalised(self.remedy.in_tongue(tongue)));
        format!("{happened}. {} {remedy}.", self.kept.words().in_tongue(tongue))
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
