//! Why a record was refused, told to whoever fills in the form: a code for programs, and sentences in the three
//! languages that say what is wrong, what became of what was saved, and what to do.

use khettara_core::limits::RECORD_TERRITORIES_MAX;

use super::advice::{Advice, Kept};
use super::error::{Reason, RecordError};
use super::field_words::{field_words, isolated, place_words};
use super::vocabulary::vocabularies;
use super::words::{Tongue, Words};

macro_rules! reasons {
    ($($reason:ident { $($with:tt)* }, $code:literal, $kept:ident,
        [$ar:literal, $ar_remedy:literal], [$fr:literal, $fr_remedy:literal], [$en:literal, $en_remedy:literal];)*) => {
        /// The codes of all reasons, in the order of [`Reason`].
        pub const REASON_CODES: &[&str] = &[$($code,)*];

        impl Reason {
            /// Its word for programs: it stays, whatever the sentences come to say.
            #[must_use]
            pub const fn code(&self) -> &'static str {
                match self { $(Self::$reason { $($with)* } => $code,)* }
            }

            const fn advice(&self) -> Advice {
                match self {
                    $(Self::$reason { $($with)* } => Advice {
                        happened: Words { ar: $ar, fr: $fr, en: $en },
                        remedy: Words { ar: $ar_remedy, fr: $fr_remedy, en: $en_remedy },
                        kept: Kept::$kept,
                    },)*
                }
            }
        }
    };
}

reasons! {
    NotJson { .. }, "not_json", AllButForm,
        ["تعذرت قراءة ما أُدخل قرب الحرف {column}", "يرجى التحقق من الملف في هذا الموضع، أو طلب المساعدة"],
        ["ce qui a été donné est illisible près du caractère {column}", "vérifiez le fichier à cet endroit, ou demandez de l'aide"],
        ["what was given cannot be read near character {column}", "check the file there, or ask for help"];
    LineTooLong { .. }, "line_too_long", AllButForm,
        ["هذا السجل أكبر من اللازم ({bytes} بايت، والحد الأقصى {max})", "يرجى تقسيمه إلى عدة سجلات"],
        ["cette fiche est trop longue ({bytes} octets, {max} au plus)", "partagez-la en plusieurs fiches"],
        ["this record is too long ({bytes} bytes, at most {max} are read)", "split it into several records"];
    UnknownRecord { .. }, "unknown_record", AllButForm,
        ["هذا النوع من السجلات غير معروف في هذه النسخة من التطبيق", "يرجى تحديث التطبيق، أو التحقق من الملف"],
        ["cette version de l'application ne connaît pas ce type de fiche", "mettez l'application à jour, ou vérifiez le fichier"],
        ["this version of the app does not know this kind of record", "update the app, or check the file"];
    UnknownField { .. }, "unknown_field", AllButForm,
        ["الخانة رقم {place} لا تنتمي إلى هذا السجل{perhaps}", "يرجى تحديث التطبيق، أو التحقق من الملف"],
        ["le champ numéro {place} n'appartient pas à cette fiche{perhaps}", "mettez l'application à jour, ou vérifiez le fichier"],
        ["field number {place} does not belong to this record{perhaps}", "update the app, or check the file"];
    Repeated { .. }, "repeated", AllButForm,
        ["ورد هذا مرتين", "يرجى الإبقاء على واحد فقط"],
        ["cela figure ici deux fois", "n'en gardez qu'un"],
        ["this stands here twice", "keep one of the two"];
    Missing { .. }, "missing", AllButForm,
        ["لا بد من هذا البيان في كل سجل جديد", "يرجى ملؤه ثم الحفظ من جديد"],
        ["cette réponse est indispensable dans une nouvelle fiche", "donnez-la, puis enregistrez de nouveau"],
        ["a new record needs this answer", "fill it in, then save again"];
    NoName { .. }, "no_name", AllButForm,
        ["يحتاج الفرد الجديد إلى اسم، بالعربية أو بالحروف اللاتينية", "يرجى كتابة أحدهما على الأقل"],
        ["un nouveau membre doit avoir un nom, en arabe ou en lettres latines", "écrivez au moins l'un des deux"],
        ["a new member needs a name, in Arabic or in Latin letters", "write at least one of the two"];
    BadIdentifier { .. }, "bad_identifier", AllButForm,
        ["يتكون الرقم من 4 إلى 24 حرفا أو رقما كما في البطاقة، مثل \u{2068}UA123456\u{2069}", "يرجى مقارنته بالبطاقة وكتابته من جديد"],
        ["un numéro compte de 4 à 24 lettres et chiffres, comme sur la carte, par exemple UA123456", "comparez-le à la carte et saisissez-le de nouveau"],
        ["a number has 4 to 24 letters and digits, as on its card, such as UA123456", "compare it with the card and type it again"];
    WrongType { .. }, "wrong_type", AllButForm,
        ["الجواب المطلوب هنا هو {expected}", "يرجى إدخاله من جديد، وتحديث التطبيق إذا تكرر ذلك"],
        ["la réponse attendue est {expected}", "saisissez-la de nouveau, et mettez l'application à jour si cela se répète"],
        ["the answer must be {expected}", "enter it again, and update the app if this happens again"];
    NotInVocabulary { .. }, "not_in_vocabulary", AllButForm,
        ["هذا الجواب ليس في القائمة ({allowed})", "يرجى اختيار جواب من القائمة"],
        ["cette réponse n'est pas dans la liste ({allowed})", "choisissez une réponse de la liste"],
        ["this answer is not in the list ({allowed})", "choose an answer of the list"];
    TooLong { .. }, "too_long", AllButForm,
        ["النص أطول من اللازم ({bytes} بايت، والحد الأقصى {max})", "يرجى اختصاره، علما أن الحرف العربي يُحسب باثنين"],
        ["le texte est trop long ({bytes} octets, {max} au plus)", "raccourcissez-le ; une lettre arabe compte pour deux"],
        ["the text is too long ({bytes} bytes, at most {max} are kept)", "shorten it; an Arabic letter counts as two"];
    Empty { .. }, "empty", AllButForm,
        ["الجواب فارغ", "يرجى كتابة الجواب، أو ترك الخانة دون تغيير"],
        ["la réponse est vide", "donnez une réponse, ou laissez ce champ de côté"],
        ["the answer is empty", "give an answer, or leave the field out"];
    ControlCharacter { .. }, "control_character", AllButForm,
        ["في النص حرف غير مرئي لا يمكن حفظه", "يرجى كتابة النص من جديد"],
        ["le texte contient un caractère invisible qui ne peut pas être gardé", "saisissez le texte de nouveau"],
        ["the text holds an invisible character that cannot be kept", "type the text again"];
    DirectionOverride { .. }, "direction_override", AllButForm,
        ["في النص حرف غير مرئي يغير اتجاه الكتابة", "يرجى كتابة النص من جديد"],
        ["le texte contient un caractère invisible qui inverse le sens de l'écriture", "saisissez le texte de nouveau"],
        ["the text holds an invisible character that turns the writing direction", "type the text again"];
    BadCommune { .. }, "bad_commune", AllButForm,
        ["تُكتب الجماعة برمزها، مثل \u{2068}08.201.11.07\u{2069}", "يرجى اختيار الجماعة من القائمة، أو تصحيح الرمز"],
        ["une commune s'écrit par son code, par exemple 08.201.11.07", "choisissez la commune dans la liste, ou corrigez le code"],
        ["a commune is written as its code, such as 08.201.11.07", "choose the commune from the list, or correct the code"];
    BadPhone { .. }, "bad_phone", AllButForm,
        ["يُكتب رقم الهاتف بعلامة زائد تليها 8 إلى 15 رقما دون فراغ، مثل \u{2068}+212612345678\u{2069}", "يرجى تصحيح الرقم"],
        ["un numéro de téléphone s'écrit avec un plus et 8 à 15 chiffres, sans espace, par exemple +212612345678", "corrigez le numéro"],
        ["a telephone number is written with a plus and 8 to 15 digits, no spaces, such as +212612345678", "correct the number"];
    BadLanguage { .. }, "bad_language", AllButForm,
        ["تُكتب اللغة برمزها، مثل \u{2068}ary\u{2069} أو \u{2068}ar\u{2069} أو \u{2068}zgh\u{2069} أو \u{2068}fr\u{2069}", "يرجى اختيار اللغة من القائمة"],
        ["une langue s'écrit par son code, par exemple ary, ar, zgh, shi, rif ou fr", "choisissez la langue dans la liste"],
        ["a language is written as its code, such as ary, ar, zgh, shi, rif or fr", "choose the language from the list"];
    BadBirth { .. }, "bad_birth", AllButForm,
        ["يُكتب تاريخ الميلاد هكذا: \u{2068}1961-03-12\u{2069} أو \u{2068}1961\u{2069}، أو \u{2068}1961~\u{2069} إذا كانت السنة تقديرية، لتاريخ موجود بين سنتي 1896 و2199", "يرجى تصحيح التاريخ"],
        ["une naissance s'écrit 1961-03-12, ou 1961, ou 1961~ si l'année est estimée ; la date doit exister, entre 1896 et 2199", "corrigez la date"],
        ["a birth is written 1961-03-12, or 1961, or 1961~ where the year is a guess; the date must exist, between 1896 and 2199", "correct the date"];
    BadDate { .. }, "bad_date", AllButForm,
        ["يُكتب التاريخ هكذا: \u{2068}2026-11-25\u{2069} أو \u{2068}2026-11\u{2069} أو \u{2068}2026\u{2069}، لتاريخ موجود بين سنتي 1900 و2199", "يرجى تصحيح التاريخ"],
        ["une date s'écrit 2026-11-25, ou 2026-11, ou 2026 ; elle doit exister, entre 1900 et 2199", "corrigez la date"],
        ["a date is written 2026-11-25, or 2026-11, or 2026; it must exist, between 1900 and 2199", "correct the date"];
    BadTerritories { .. }, "bad_territories", AllButForm,
        ["تُكتب المجالات الترابية برموزها بترتيب تصاعدي وبينها فراغ، مثل \u{2068}08.201 08.401.11\u{2069}، ولا تتجاوز {max}", "يرجى اختيارها من جديد"],
        ["les territoires s'écrivent par leurs codes, en ordre croissant et séparés par une espace, par exemple 08.201 08.401.11 ; {max} au plus", "choisissez-les de nouveau"],
        ["territories are written as their codes, in ascending order with a space between, such as 08.201 08.401.11; at most {max}", "choose them again"];
    TooOld { .. }, "too_old", AllButForm,
        ["لا يوجد على قيد الحياة من وُلد قبل سنة {year}", "يرجى تصحيح السنة، أو ترك الخانة فارغة مع كتابة ملاحظة"],
        ["aucune personne née avant {year} n'est encore en vie", "corrigez l'année, ou laissez ce champ de côté et écrivez une note"],
        ["nobody born before {year} is alive", "correct the year, or leave the field out and write a note"];
    LinkToItself { .. }, "link_to_itself", AllButForm,
        ["هذا الرابط يربط الأسرة بنفسها", "يرجى اختيار ملف الأسرة الأخرى"],
        ["ce lien relie une famille à elle-même", "choisissez le dossier de l'autre famille"],
        ["this links a family to itself", "choose the record of the other family"];
    WholeProfile { .. }, "whole_profile", AllButForm,
        ["تُعطى هذه الأجوبة معا ولا يمكن تغيير واحد منها وحده", "يرجى تسجيلها كلها من جديد وسحب القديمة"],
        ["ces réponses se donnent ensemble et ne se modifient pas une à une", "enregistrez-les toutes de nouveau et retirez les anciennes"],
        ["these answers are given together and cannot be changed one by one", "record all of them anew and withdraw the old ones"];
    OtherDocument { .. }, "other_document", AllButForm,
        ["لا مكان لهذا النوع من السجلات في هذا الملف", "يرجى فتح الملف المناسب وإدخاله فيه"],
        ["une fiche de ce type n'a pas sa place dans ce dossier", "ouvrez le bon dossier et saisissez-la là"],
        ["a record of this kind does not belong in this file", "open the right file and enter it there"];
    EndsBeforeItBegins { .. }, "ends_before_it_begins", AllButForm,
        ["تاريخ النهاية سابق لتاريخ البداية", "يرجى التحقق من التاريخين"],
        ["la fin est avant le début", "vérifiez les deux dates"],
        ["this ends before it begins", "check both dates"];
    BadTime { .. }, "bad_time", AllButForm,
        ["يُكتب الوقت هكذا: \u{2068}2026-11-25T09:30:00Z\u{2069}، لوقت موجود بين سنتي 1970 و2199", "يرجى إدخال التاريخ والساعة من جديد"],
        ["une heure s'écrit 2026-11-25T09:30:00Z ; elle doit exister, entre 1970 et 2199", "saisissez de nouveau la date et l'heure"],
        ["a time is written 2026-11-25T09:30:00Z; it must exist, between 1970 and 2199", "enter the date and the hour again"];
    BadId { .. }, "bad_id", AllButForm,
        ["هذا ليس معرف سجل", "يرجى اختيار السجل من القائمة"],
        ["ceci n'est pas l'identifiant d'une fiche", "choisissez la fiche dans la liste"],
        ["this is not the id of a record", "choose the record from the list"];
    OutOfRange { .. }, "out_of_range", AllButForm,
        ["يجب أن يكون العدد بين {min} و{max}", "يرجى تصحيح العدد"],
        ["le nombre doit être compris entre {min} et {max}", "corrigez le nombre"],
        ["the number must lie between {min} and {max}", "correct the number"];
    TooMany { .. }, "too_many", AllButForm,
        ["العدد هنا {count}، والحد الأقصى في الاستمارة الواحدة {max}", "يرجى حفظ الباقي في استمارة أخرى"],
        ["il y en a {count}, et un formulaire en prend {max} au plus", "enregistrez les autres dans un second formulaire"],
        ["there are {count}, and one form takes at most {max}", "save the others in a second form"];
    UnknownHandle { .. }, "unknown_handle", AllButForm,
        ["هذا يشير إلى سجل لم يُدخل بعد", "يرجى إدخال ذلك السجل أولا"],
        ["ceci désigne une fiche qui n'a pas encore été saisie", "saisissez d'abord cette fiche"],
        ["this names a record that has not been entered yet", "enter that record first"];
    OtherHousehold { .. }, "other_household", AllButForm,
        ["هذا السجل يخص أسرة أخرى", "يرجى فتح ملف تلك الأسرة وإدخاله فيه"],
        ["cette fiche appartient à un autre ménage", "ouvrez le dossier de ce ménage et saisissez-la là"],
        ["this record belongs to another household", "open that household and enter it there"];
    NoSuchRecord { .. }, "no_such_record", AllButForm,
        ["ليس في ملف هذه الأسرة سجل بهذا المعرف", "يرجى إدخال ذلك السجل أولا، أو اختيار سجل آخر"],
        ["le dossier de ce ménage n'a pas de fiche de cet identifiant", "saisissez d'abord cette fiche, ou choisissez-en une autre"],
        ["this household has no record of this id", "enter that record first, or choose another"];
    NotClearable { .. }, "not_clearable", AllButForm,
        ["لا يمكن إفراغ هذه الخانة", "يرجى كتابة الجواب الصحيح، أو ترك الخانة كما كانت"],
        ["ce champ ne peut pas être vidé", "écrivez la bonne réponse, ou laissez le champ comme il était"],
        ["this field cannot be emptied", "write the right answer, or leave the field as it was"];
    NothingChanged { .. }, "nothing_changed", All,
        ["كل ما في هذه الاستمارة مسجل من قبل كما هو", "لا حاجة إلى الحفظ من جديد"],
        ["tout est déjà enregistré comme dans ce formulaire", "il n'y a rien à faire"],
        ["everything stands already as this form says", "there is nothing to do"];
    BadPath { .. }, "bad_path", AllButChoice,
        ["الخانة المطلوب البت فيها ليست في هذا الملف", "يرجى اختيارها من جديد من قائمة الاختلافات"],
        ["le champ à trancher n'est pas dans ce dossier", "reprenez-le dans la liste des désaccords"],
        ["the field to be decided is not in this record", "take it again from the list of conflicts"];
    NoSuchSide { .. }, "no_such_side", AllButChoice,
        ["الجواب المختار لم يعد موجودا", "يرجى النظر في الأجوبة من جديد ثم الاختيار"],
        ["la réponse choisie n'y est plus", "regardez de nouveau les réponses, puis choisissez"],
        ["the answer chosen no longer stands there", "look at the answers again, then choose"];
    SidesChanged { .. }, "sides_changed", AllButChoice,
        ["وصل جواب آخر في هذه الأثناء", "يرجى النظر في الأجوبة من جديد ثم الاختيار"],
        ["une autre réponse est arrivée entre-temps", "regardez de nouveau les réponses, puis choisissez"],
        ["another answer has arrived meanwhile", "look at the answers again, then choose"];
    CannotKeep { .. }, "cannot_keep", AllButChoice,
        ["الجواب المختار كتبه برنامج آخر ولا يمكن كتابته هنا من جديد", "يرجى كتابة القيمة الصحيحة باليد"],
        ["la réponse choisie vient d'un autre logiciel et ne peut pas être réécrite ici", "saisissez vous-même la bonne valeur"],
        ["the answer chosen was written by other software and cannot be written again here", "type the right value yourself"];
    ChangeTooLarge { .. }, "change_too_large", AllButForm,
        ["هذه الاستمارة أكبر من أن تُرسل دفعة واحدة ({size}، والحد الأقصى {max})", "يرجى حفظها على عدة مراحل"],
        ["ce formulaire est trop grand pour être envoyé d'un coup ({size}, {max} au plus)", "enregistrez-le en plusieurs fois"],
        ["this form is too large to be sent in one piece ({size}, at most {max})", "save it in several steps"];
    DocumentFull { .. }, "document_full", AllButForm,
        ["امتلأ ملف هذه الأسرة (الحد الأقصى {max} بايت)", "يرجى فتح ملف جديد للأسرة وربطه بهذا الملف"],
        ["le dossier de cette famille est plein ({max} octets au plus)", "ouvrez un nouveau dossier pour la famille et reliez-le à celui-ci"],
        ["this family's record is full (at most {max} bytes)", "start a new record for the family and link it to this one"];
    Internal { .. }, "internal", AllButForm,
        ["أخطأ التطبيق ولم يستطع كتابة هذا السجل", "يرجى المحاولة من جديد، وإبلاغ الإدارة المركزية إذا تكرر ذلك"],
        ["l'application s'est trompée et n'a pas pu écrire cette fiche", "réessayez, et prévenez l'administration centrale si cela se répète"],
        ["the app made a mistake and could not write this record", "try again, and tell headquarters if this happens again"];
}

impl Reason {
    /// What is wrong, what became of what was saved, and what to do.
    #[must_use]
    pub fn sentence(&self, tongue: Tongue) -> String {
        self.advice().sentence("", &self.given(tongue), tongue)
    }

    /// What the sentences put in the place of names in braces.
    fn given(&self, tongue: Tongue) -> Vec<(&'static str, String)> {
        let number = |name: &'static str, value: &dyn ToString| (name, isolated(&value.to_string(), tongue));
        match self {
            Self::NotJson { column } => vec![number("column", column)],
            Self::LineTooLong { bytes, max } | Self::TooLong { bytes, max } => {
                vec![number("bytes", bytes), number("max", max)]
            }
            Self::UnknownField { place, suggestion } => {
                let perhaps = suggestion.map_or(String::new(), |name| perhaps(name, self, tongue));
                vec![number("place", place), ("perhaps", perhaps)]
            }
            Self::WrongType { expected } => vec![("expected", expected.words().in_tongue(tongue).into())],
            Self::NotInVocabulary { allowed } => vec![("allowed", answers(allowed, tongue))],
            Self::BadTerritories => vec![number("max", &RECORD_TERRITORIES_MAX)],
            Self::TooOld { year } => vec![number("year", year)],
            Self::OutOfRange { min, max } => vec![number("min", min), number("max", max)],
            Self::TooMany { count, max } => vec![number("count", count), number("max", max)],
            Self::ChangeTooLarge { size, max, .. } => vec![number("size", size), number("max", max)],
            Self::DocumentFull { max } => vec![number("max", max)],
            _ => Vec::new(),
        }
    }
}

impl RecordError {
    /// The same as its reason says, of the line and field where it is.
    #[must_use]
    pub fn sentence(&self, tongue: Tongue) -> String {
        let line = self.line.map(|line| match tongue {
            Tongue::Ar => format!("السطر {line}"),
            Tongue::Fr => format!("ligne {line}"),
            Tongue::En => format!("line {line}"),
        });
        let field = (!self.field.is_empty()).then(|| place_words(&self.field, &self.reason, tongue));
        let place: Vec<String> = line.into_iter().chain(field).collect();
        let place = place.join(comma(tongue));
        self.reason.advice().sentence(&place, &self.reason.given(tongue), tongue)
    }
}

/// The answers of a list as people read them; codes where no list of ours has them.
fn answers(codes: &[&str], tongue: Tongue) -> String {
    let list = vocabularies().into_iter().find(|list| list.codes == codes);
    let said = |code: &&str| match list.and_then(|list| list.words_of(code)) {
        Some(words) => words.in_tongue(tongue).to_owned(),
        None => isolated(code, tongue),
    };
    codes.iter().map(said).collect::<Vec<_>>().join(comma(tongue))
}

fn perhaps(name: &str, reason: &Reason, tongue: Tongue) -> String {
    let words = field_words(name, None, reason);
    let said = words.map_or_else(|| isolated(name, tongue), |words| words.in_tongue(tongue).to_owned());
    match tongue {
        Tongue::Ar => format!("، ولعل المقصود هو «{said}»"),
        Tongue::Fr => format!(" ; il s'agit peut-être de « {said} »"),
        Tongue::En => format!("; perhaps \"{said}\" was meant"),
    }
}

const fn comma(tongue: Tongue) -> &'static str {
    match tongue {
        Tongue::Ar => "، ",
        Tongue::Fr | Tongue::En => ", ",
    }
}

#[cfg(test)]
mod tests;
