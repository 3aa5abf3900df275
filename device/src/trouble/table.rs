//! The one table of troubles: a code for programs, and what happened and what to do in the three languages.

use khettara_records::model::{Advice, Kept, Words};

macro_rules! troubles {
    ($($(#[$doc:meta])* $name:ident, $code:literal, $kept:ident,
        [$ar:literal, $ar_remedy:literal], [$fr:literal, $fr_remedy:literal], [$en:literal, $en_remedy:literal];)*) => {
        /// What can be the matter with a tablet, a refused record aside: what calls for the same remedy is one trouble.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Trouble {
            $($(#[$doc])* $name,)*
        }

        impl Trouble {
            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its word for programs: it stays, whatever the sentences come to say.
            pub(crate) const fn code(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// Its words.
            pub(crate) const fn advice(self) -> Advice {
                match self {
                    $(Self::$name => Advice {
                        happened: Words { ar: $ar, fr: $fr, en: $en },
                        remedy: Words { ar: $ar_remedy, fr: $fr_remedy, en: $en_remedy },
                        kept: Kept::$kept,
                    },)*
                }
            }
        }
    };
}

troubles! {
    /// A tablet was to be made where one is.
    TabletExists, "tablet_exists", All,
        ["هذا الجهاز مهيأ من قبل", "يرجى استعماله كما هو"],
        ["cette tablette est déjà préparée", "utilisez-la telle qu'elle est"],
        ["this tablet is set up already", "use it as it is"];
    /// No tablet was made yet.
    NoTablet, "no_tablet", All,
        ["لم يُهيأ هذا الجهاز بعد", "يرجى تهيئته بالرمز الذي أعطته الإدارة المركزية"],
        ["cette tablette n'est pas encore préparée", "préparez-la avec le code donné par l'administration centrale"],
        ["this tablet is not set up yet", "set it up with the code that headquarters gave"];
    /// Keys were to be made where some are.
    KeysExist, "keys_exist", All,
        ["لهذا الجهاز مفاتيح من قبل، ولا تُستبدل أبدا", "يرجى إعادة تشغيل التطبيق، وطلب المساعدة إذا تكرر ذلك"],
        ["cette tablette a déjà ses clés, et elles ne sont jamais remplacées", "relancez l'application, et demandez de l'aide si cela se répète"],
        ["this tablet has its keys already, and they are never replaced", "start the app again, and ask for help if this happens again"];
    /// The keys are gone.
    KeysMissing, "keys_missing", AsFound,
        ["ضاع ملف مفاتيح هذا الجهاز", "يرجى ترك كل شيء كما هو وطلب المساعدة من الإدارة المركزية"],
        ["le fichier des clés de cette tablette manque", "laissez tout en l'état et demandez de l'aide à l'administration centrale"],
        ["the file with this tablet's keys is missing", "leave everything as it is and ask headquarters for help"];
    /// The keys are not whole.
    KeysDamaged, "keys_damaged", AsFound,
        ["ملف مفاتيح هذا الجهاز تالف", "يرجى عدم حذف أي شيء وطلب المساعدة من الإدارة المركزية"],
        ["le fichier des clés de cette tablette est abîmé", "n'effacez rien et demandez de l'aide à l'administration centrale"],
        ["the file with this tablet's keys is damaged", "delete nothing and ask headquarters for help"];
    /// The keys are of another version.
    KeysUnknown, "keys_unknown", AsFound,
        ["هذه النسخة من التطبيق لا تستطيع قراءة مفاتيح هذا الجهاز", "يرجى تحديث التطبيق، وطلب المساعدة إذا تكرر ذلك"],
        ["cette version de l'application ne sait pas lire les clés de cette tablette", "mettez l'application à jour, et demandez de l'aide si cela se répète"],
        ["this version of the app cannot read this tablet's keys", "update the app, and ask for help if this happens again"];
    /// The system does not give the file of the keys.
    KeysUnreachable, "keys_unreachable", All,
        ["تعذر الوصول إلى ملف مفاتيح هذا الجهاز", "يرجى إعادة تشغيل الجهاز ثم المحاولة من جديد"],
        ["le fichier des clés de cette tablette n'a pas pu être lu ou écrit", "redémarrez la tablette, puis réessayez"],
        ["the file with this tablet's keys could not be read or written", "restart the tablet, then try again"];
    /// The store was written with other keys.
    OtherKeys, "other_keys", AsFound,
        ["المفاتيح الموجودة ليست تلك التي كُتبت بها بيانات هذا الجهاز", "يرجى ترك كل شيء كما هو وطلب المساعدة من الإدارة المركزية"],
        ["les clés trouvées ne sont pas celles qui ont servi à écrire sur cette tablette", "laissez tout en l'état et demandez de l'aide à l'administration centrale"],
        ["the keys found are not those this tablet was written with", "leave everything as it is and ask headquarters for help"];
    /// Another program has the store open.
    StoreHeld, "store_held", All,
        ["برنامج آخر يستعمل بيانات هذا الجهاز الآن", "يرجى إغلاقه أو انتظار انتهائه، ثم المحاولة من جديد"],
        ["un autre programme utilise en ce moment les données de la tablette", "fermez-le ou attendez qu'il ait fini, puis réessayez"],
        ["another program is using this tablet's data now", "close it or wait until it ends, then try again"];
    /// The folder cannot be used.
    FolderUnusable, "folder_unusable", All,
        ["تعذر استعمال المجلد الذي تُحفظ فيه البيانات", "يرجى إفراغ مساحة على الجهاز وإعادة تشغيله، ثم المحاولة من جديد"],
        ["le dossier où tout est enregistré n'est pas utilisable", "libérez de l'espace et redémarrez la tablette, puis réessayez"],
        ["the folder in which everything is saved cannot be used", "free space and restart the tablet, then try again"];
    /// The folder is that of a relay or of headquarters.
    OtherProgram, "other_program", All,
        ["هذا المجلد يخص برنامجا آخر، ولم يُمس ما فيه", "يرجى اختيار مجلد آخر، أو طلب المساعدة"],
        ["ce dossier appartient à un autre programme, et rien n'y a été touché", "choisissez un autre dossier, ou demandez de l'aide"],
        ["this folder belongs to another program, and nothing in it was touched", "choose another folder, or ask for help"];
    /// No space is left.
    TabletFull, "tablet_full", All,
        ["امتلأت ذاكرة الجهاز", "يرجى إفراغ مساحة بحذف صور أو تطبيقات أخرى، ثم المحاولة من جديد"],
        ["la tablette est pleine", "libérez de l'espace en supprimant des photos ou d'autres applications, puis réessayez"],
        ["the tablet is full", "free space by removing photos or other apps, then try again"];
    /// The disk refused.
    StorageFailed, "storage_failed", All,
        ["لم تستجب ذاكرة الجهاز كما ينبغي", "يرجى المحاولة من جديد، وتغيير الجهاز إذا تكرر ذلك"],
        ["la mémoire de la tablette n'a pas répondu comme il faut", "réessayez, et faites changer la tablette si cela se répète"],
        ["the memory of the tablet did not answer as it should", "try again, and have the tablet replaced if this happens again"];
    /// The store's files are of newer software.
    StoreNewer, "store_newer", AsFound,
        ["كُتبت بيانات هذا الجهاز بنسخة من التطبيق غير معروفة هنا", "يرجى تحديث التطبيق، وعدم تسجيل أي شيء قبل ذلك"],
        ["les données de la tablette ont été écrites par une version de l'application inconnue ici", "mettez l'application à jour, et n'enregistrez rien avant"],
        ["this tablet's data was written by a version of the app not known here", "update the app, and save nothing before"];
    /// The store is damaged.
    StoreDamaged, "store_damaged", AsFound,
        ["بعض البيانات المحفوظة في هذا الجهاز تالفة", "يرجى التوقف عن التسجيل، وعدم حذف أي شيء، وطلب المساعدة من الإدارة المركزية"],
        ["une partie des données de la tablette est abîmée", "n'enregistrez plus rien, n'effacez rien et demandez de l'aide à l'administration centrale"],
        ["part of the data on this tablet is damaged", "save no more, delete nothing and ask headquarters for help"];
    /// The index fails; the journal is whole.
    IndexFailed, "index_failed", All,
        ["تعذر الآن ترتيب البيانات المحفوظة لقراءتها", "يرجى إفراغ مساحة على الجهاز، ثم المحاولة من جديد"],
        ["la table des données enregistrées ne peut pas être refaite pour l'instant", "libérez de l'espace, puis réessayez"],
        ["the index of what is saved cannot be read or made anew now", "free space, then try again"];
    /// One commit is too large.
    TooLargeToSave, "too_large_to_save", All,
        ["ما طُلب حفظه أكبر من أن يُحفظ دفعة واحدة", "يرجى حفظه على عدة مراحل"],
        ["il y a trop à enregistrer d'un coup", "enregistrez en plusieurs fois"],
        ["there is too much to be saved in one piece", "save it in several steps"];
    /// The app asked the store for what it does not do.
    StoreMisused, "store_misused", All,
        ["أخطأ التطبيق في التعامل مع البيانات المحفوظة", "يرجى إبلاغ الإدارة المركزية بهذا الخطأ"],
        ["l'application s'est trompée en s'adressant à ses données", "signalez cette erreur à l'administration centrale"],
        ["the app made a mistake in handling its data", "report this mistake to headquarters"];
    /// What was saved could not be cut for sending.
    NotSealed, "not_sealed", All,
        ["أخطأ التطبيق ولم يستطع إعداد البيانات المحفوظة للإرسال، وهي باقية في هذا الجهاز", "يرجى إبلاغ الإدارة المركزية بهذا الخطأ"],
        ["l'application s'est trompée et n'a pas pu préparer l'envoi de ce qui est enregistré, qui reste sur la tablette", "signalez cette erreur à l'administration centrale"],
        ["the app made a mistake and could not make what is saved ready to be sent; it stays on this tablet", "report this mistake to headquarters"];
    /// Another writer was faster.
    WrittenMeanwhile, "written_meanwhile", All,
        ["حُفظ شيء آخر في اللحظة نفسها", "يرجى المحاولة من جديد"],
        ["autre chose a été enregistré au même instant", "réessayez"],
        ["something else was saved at the same moment", "try again"];
    /// The copy of a household cannot be read and is made anew.
    HouseholdUnreadable, "household_unreadable", All,
        ["تعذرت قراءة نسخة ملف الأسرة، وستُعاد من البيانات المحفوظة", "يرجى إغلاق التطبيق وفتحه، ثم المحاولة من جديد"],
        ["la copie du dossier d'un ménage est illisible et sera refaite à partir de ce qui est enregistré", "fermez puis rouvrez l'application, et réessayez"],
        ["the copy of a household cannot be read and will be made anew from what is saved", "close the app and open it, then try again"];
    /// The system gives no random numbers.
    NoChance, "no_chance", All,
        ["لم يعط نظام الجهاز الأعداد العشوائية اللازمة للحفظ الآمن", "يرجى إعادة تشغيل الجهاز، ثم المحاولة من جديد"],
        ["le système de la tablette ne donne pas les nombres aléatoires qu'il faut pour enregistrer sûrement", "redémarrez la tablette, puis réessayez"],
        ["the tablet's system gives no random numbers, without which nothing can be saved safely", "restart the tablet, then try again"];
    /// The QR code is not ours.
    CodeNotOurs, "code_not_ours", All,
        ["هذا ليس رمز تسجيل", "يرجى مسح الرمز الذي أعطته الإدارة المركزية"],
        ["ceci n'est pas un code d'inscription", "scannez le code donné par l'administration centrale"],
        ["this is not an enrolment code", "scan the code that headquarters gave"];
    /// The code has a character that no code has.
    CodeBadCharacter, "code_bad_character", All,
        ["في الرمز حرف لا يوجد في أي رمز تسجيل", "يرجى كتابة الرمز من جديد"],
        ["le code contient un caractère qu'aucun code d'inscription n'a", "saisissez le code de nouveau"],
        ["the code has a character that no enrolment code has", "type the code again"];
    /// The code is too long or too short.
    CodeWrongLength, "code_wrong_length", All,
        ["طول الرمز غير صحيح: يجب أن يكون 27 حرفا دون احتساب الفراغات والشرطات", "يرجى كتابة الرمز من جديد"],
        ["le code n'a pas la bonne longueur : il faut 27 caractères, sans compter les espaces et les tirets", "saisissez le code de nouveau"],
        ["the code has the wrong length: it has 27 characters, spaces and dashes aside", "type the code again"];
    /// The code's check does not fit.
    CodeMisread, "code_misread", All,
        ["لم يُقرأ الرمز أو لم يُكتب كما ينبغي", "يرجى مسحه أو كتابته من جديد"],
        ["le code a été mal lu ou mal saisi", "scannez-le ou saisissez-le de nouveau"],
        ["the code was read or typed wrongly", "scan it or type it again"];
    /// No organisation file is there.
    OrganisationFileMissing, "organisation_file_missing", All,
        ["لا يوجد هنا ملف الهيئة", "يرجى اختيار الملف الذي أعطته الإدارة المركزية"],
        ["il n'y a pas ici de fichier d'organisation", "choisissez le fichier donné par l'administration centrale"],
        ["there is no organisation file here", "choose the file that headquarters gave"];
    /// The system does not give the organisation file.
    OrganisationFileUnreachable, "organisation_file_unreachable", All,
        ["تعذرت قراءة ملف الهيئة أو كتابته", "يرجى المحاولة من جديد، أو نسخ الملف مرة أخرى إلى الجهاز"],
        ["le fichier d'organisation n'a pas pu être lu ou écrit", "réessayez, ou copiez de nouveau le fichier sur la tablette"],
        ["the organisation file could not be read or written", "try again, or copy the file to the tablet once more"];
    /// The organisation file is not what one looks like.
    OrganisationFileBad, "organisation_file_bad", All,
        ["هذا ليس ملف هيئة سليما", "يرجى اختيار الملف الصحيح، أو طلبه من جديد من الإدارة المركزية"],
        ["ceci n'est pas un fichier d'organisation valable", "choisissez le bon fichier, ou redemandez-le à l'administration centrale"],
        ["this is not a good organisation file", "choose the right file, or ask headquarters for it again"];
    /// The organisation file contradicts its own signature.
    OrganisationFileForged, "organisation_file_forged", All,
        ["ملف الهيئة لا يوافق التوقيع الذي يحمله", "يرجى عدم استعماله وإبلاغ الإدارة المركزية"],
        ["le fichier d'organisation ne correspond pas à sa signature", "n'utilisez pas ce fichier et prévenez l'administration centrale"],
        ["the organisation file does not agree with its signature", "do not use this file, and tell headquarters"];
    /// No address or key of a relay is known.
    NoRelay, "no_relay", All,
        ["لا يُعرف هنا أي خادم للمزامنة", "يرجى طلب رمز جديد من الإدارة المركزية"],
        ["aucun serveur de synchronisation n'est connu ici", "demandez un nouveau code à l'administration centrale"],
        ["no server to sync with is known here", "ask headquarters for a new code"];
    /// The tablet belongs to no organisation.
    NotEnrolled, "not_enrolled", AllButFormIfAny,
        ["هذا الجهاز غير مسجل بعد لدى أي هيئة", "يرجى تسجيله بالرمز الذي أعطته الإدارة المركزية"],
        ["cette tablette n'est encore inscrite auprès d'aucune organisation", "inscrivez-la avec le code donné par l'administration centrale"],
        ["this tablet belongs to no organisation yet", "enrol it with the code that headquarters gave"];
    /// The code is of another organisation.
    OtherOrganisation, "other_organisation", All,
        ["هذا الجهاز مسجل لدى هيئة أخرى", "يرجى الاستمرار في استعماله كما هو، أو طلب جهاز آخر من الإدارة المركزية"],
        ["cette tablette appartient à une autre organisation", "continuez à l'utiliser comme avant, ou demandez une autre tablette à l'administration centrale"],
        ["this tablet belongs to another organisation", "go on using it as before, or ask headquarters for another tablet"];
    /// It is enrolled, and was given another code.
    AlreadyEnrolled, "already_enrolled", All,
        ["هذا الجهاز مسجل من قبل، ولم يُستعمل هذا الرمز", "يرجى الاستمرار في استعماله كما هو، وإعطاء الرمز لجهاز غير مسجل"],
        ["cette tablette est déjà inscrite, et ce code n'a pas servi", "continuez à l'utiliser comme avant, et donnez le code à une tablette qui n'est pas inscrite"],
        ["this tablet is enrolled already, and this code was not used", "go on using it as before, and give the code to a tablet that is not enrolled"];
    /// Another tablet was first.
    ClaimAlreadyUsed, "claim_already_used", All,
        ["سبق لجهاز آخر أن استعمل هذا الرمز، فلم يُسجل هذا الجهاز", "يرجى طلب رمز جديد من الإدارة المركزية"],
        ["une autre tablette a utilisé ce code avant, et celle-ci n'est pas inscrite", "demandez un nouveau code à l'administration centrale"],
        ["another tablet used this code first, and this one is not enrolled", "ask headquarters for a new code"];
    /// The invitation was withdrawn.
    ClaimWithdrawn, "claim_withdrawn", All,
        ["سحبت الإدارة المركزية هذا الرمز، فلم يُسجل هذا الجهاز", "يرجى طلب رمز جديد من الإدارة المركزية"],
        ["l'administration centrale a retiré ce code, et cette tablette n'est pas inscrite", "demandez un nouveau code à l'administration centrale"],
        ["headquarters withdrew this code, and this tablet is not enrolled", "ask headquarters for a new code"];
    /// The relay knows no such invitation.
    ClaimUnknown, "claim_unknown", All,
        ["لا يعرف الخادم هذا الرمز، أو لم يصله خبره بعد", "يرجى إعادة المزامنة لاحقا، ومراجعة الإدارة المركزية إذا تكرر ذلك"],
        ["le serveur ne connaît pas ce code, ou pas encore", "synchronisez de nouveau plus tard, et vérifiez le code avec l'administration centrale si cela se répète"],
        ["the server does not know this code, or not yet", "sync again later, and check the code with headquarters if this happens again"];
    /// The code names another relay.
    ClaimOtherRelay, "claim_other_relay", All,
        ["هذا الرمز يخص خادما آخر", "يرجى استعمال العنوان والملف اللذين جاءا مع الرمز"],
        ["ce code est celui d'un autre serveur", "utilisez l'adresse et le fichier reçus avec le code"],
        ["this code belongs to another server", "use the address and the file that came with the code"];
    /// The relay refused the claim otherwise.
    ClaimRefused, "claim_refused", All,
        ["رفض الخادم تسجيل هذا الجهاز", "يرجى مراجعة الإدارة المركزية"],
        ["le serveur refuse d'inscrire cette tablette", "adressez-vous à l'administration centrale"],
        ["the server refuses to enrol this tablet", "ask headquarters"];
    /// The household is not here.
    NoSuchHousehold, "no_such_household", AllButFormIfAny,
        ["ملف هذه الأسرة غير موجود في هذا الجهاز", "يرجى اختيار الأسرة من القائمة، أو إجراء المزامنة أولا"],
        ["le dossier de ce ménage n'est pas sur cette tablette", "choisissez le ménage dans la liste, ou synchronisez d'abord"],
        ["this household is not on this tablet", "choose a household from the list, or sync first"];
    /// The conflict is gone.
    NoSuchConflict, "no_such_conflict", AllButChoice,
        ["لم يعد هنا اختلاف يُبت فيه، وربما بُت فيه في هذه الأثناء", "يرجى النظر من جديد في قائمة الاختلافات"],
        ["il n'y a plus de désaccord ici ; il a peut-être été tranché entre-temps", "regardez de nouveau la liste des désaccords"],
        ["there is no conflict there now; it may have been decided meanwhile", "look at the list of conflicts again"];
    /// The conflict has no such side.
    NoSuchAnswer, "no_such_answer", AllButChoice,
        ["الجواب المختار ليس من الأجوبة المعروضة", "يرجى النظر من جديد واختيار أحد الأجوبة المعروضة"],
        ["la réponse choisie n'est pas parmi celles qui sont affichées", "regardez de nouveau et choisissez l'une des réponses affichées"],
        ["the answer chosen is none of those shown", "look again and choose one of those shown"];
    /// Nothing that is held back has that name.
    NoSuchHeldEntry, "no_such_held_entry", All,
        ["لا يوجد بين ما وُضع جانبا ما يحمل هذا الاسم، وربما أُدرج في هذه الأثناء", "يرجى النظر من جديد في قائمة ما وُضع جانبا"],
        ["rien de ce qui est mis de côté ne porte ce nom ; cela a peut-être été intégré entre-temps", "regardez de nouveau la liste de ce qui est mis de côté"],
        ["nothing that is set aside has this name; it may have gone in meanwhile", "look at the list of what is set aside again"];
    /// The name fits several entries.
    SeveralHeldEntries, "several_held_entries", All,
        ["يحمل هذا الاسم أكثر من تسجيل واحد مما وُضع جانبا", "يرجى كتابة الاسم كاملا كما يظهر في القائمة"],
        ["plusieurs écritures mises de côté portent ce nom", "donnez le nom entier, tel que la liste le montre"],
        ["several entries that are set aside have this name", "give the whole name, as the list shows it"];
    /// A release cannot change what holds it back.
    NothingToRelease, "nothing_to_release", All,
        ["لا يمكن لإذن شخص أن يُدرج هذا التسجيل: فهو ينتظر شيئا آخر، أو لا يجتاز الفحص، أو لا يمكن قراءته", "يرجى تركه كما هو، وإخبار الإدارة المركزية به إذا طال ذلك"],
        ["cette écriture ne peut pas être libérée par quelqu'un : elle attend autre chose, ne passe pas les contrôles ou ne se lit pas", "laissez-la telle quelle, et parlez-en à l'administration centrale si cela dure"],
        ["no person can release this entry: it waits for something else, does not pass the checks, or cannot be read", "leave it as it is, and tell headquarters if it stays so"];
    /// Nobody releases work of their own.
    OwnWorkIsNotReleased, "own_work_is_not_released", All,
        ["ما كُتب على هذا الجهاز لا يُفرج عنه من هذا الجهاز نفسه", "يرجى طلب ذلك من مشرف آخر أو من الإدارة المركزية"],
        ["ce qui a été écrit sur cette tablette n'est pas libéré depuis elle", "demandez-le à un autre superviseur ou à l'administration centrale"],
        ["what was written on this tablet is not released from it", "ask another supervisor, or headquarters"];
    /// Whoever holds the tablet does not supervise there.
    NoSupervisor, "no_supervisor", All,
        ["ليس لهذا الجهاز حق الإشراف في هذه الجماعة، والإفراج عما وُضع جانبا عمل المشرفين", "يرجى طلب ذلك من مشرف الجماعة أو من الإدارة المركزية"],
        ["cette tablette ne supervise pas cette commune, et ce sont les superviseurs qui libèrent ce qui est mis de côté", "demandez-le au superviseur de la commune ou à l'administration centrale"],
        ["this tablet does not supervise this commune, and releasing what is set aside is for supervisors", "ask the commune's supervisor, or headquarters"];
    /// Only changes are released one by one.
    NotAChange, "not_a_change", All,
        ["هذا التسجيل ليس تغييرا في ملف أسرة، فلا يُفرج عنه وحده", "يرجى الإفراج عنه مع ما كُتب معه"],
        ["cette écriture ne modifie aucun dossier, elle n'est donc pas libérée seule", "libérez-la avec ce qui a été écrit avec elle"],
        ["this entry changes no record, so it is not released by itself", "release it together with what was written beside it"];
    /// Something is where the export was to go.
    PlaceTaken, "place_taken", All,
        ["يوجد شيء في هذا المكان، ولا يُكتب فوقه أبدا", "يرجى اختيار مكان آخر"],
        ["il y a déjà quelque chose à cet endroit, et rien n'est écrit par-dessus", "choisissez un autre endroit"],
        ["there is something at this place already, and it is never written over", "choose another place"];
    /// The export could not be written.
    NotWrittenOut, "not_written_out", All,
        ["تعذرت كتابة ما وُضع جانبا في هذا المكان", "يرجى اختيار مكان آخر أو إفراغ مساحة، ثم المحاولة من جديد"],
        ["ce qui est mis de côté n'a pas pu être écrit à cet endroit", "choisissez un autre endroit ou libérez de l'espace, puis réessayez"],
        ["what is set aside could not be written at this place", "choose another place or free space, then try again"];
    /// The tablet may not write there.
    NotGranted, "not_granted", AllButForm,
        ["ليس لهذا الجهاز حق التسجيل في هذه الجماعة أو في هذا النوع من الملفات", "يرجى طلب هذا الحق من الإدارة المركزية، ثم المزامنة والحفظ من جديد"],
        ["cette tablette n'a pas le droit d'enregistrer dans cette commune ou ce type de dossier", "demandez ce droit à l'administration centrale, puis synchronisez et enregistrez de nouveau"],
        ["this tablet may not save in this commune, or records of this kind", "ask headquarters for this right, then sync and save again"];
    /// No address answered.
    NoAnswer, "no_answer", All,
        ["لم يجب الخادم في الوقت المناسب؛ ربما كانت الإشارة ضعيفة", "يرجى إعادة المزامنة لاحقا"],
        ["le serveur n'a pas répondu à temps ; le signal est peut-être faible", "synchronisez de nouveau plus tard"],
        ["the server did not answer in time; the signal may be weak", "sync again later"];
    /// The machine answers, the relay does not run.
    RelayDown, "relay_down", All,
        ["الخادم متوقف الآن", "يرجى إعادة المزامنة لاحقا، وإبلاغ الإدارة المركزية إذا تكرر ذلك"],
        ["le serveur est arrêté en ce moment", "synchronisez de nouveau plus tard, et prévenez l'administration centrale si cela se répète"],
        ["the server is not running now", "sync again later, and tell headquarters if this happens again"];
    /// Somebody else answered.
    WrongRelayKey, "wrong_relay_key", All,
        ["من أجاب ليس خادم هذه الهيئة", "يرجى التحقق من العنوان، أو طلب رمز جديد من الإدارة المركزية"],
        ["celui qui a répondu n'est pas le serveur de cette organisation", "vérifiez l'adresse, ou demandez un nouveau code à l'administration centrale"],
        ["who answered is not this organisation's server", "check the address, or ask headquarters for a new code"];
    /// The two sides speak different versions.
    OtherVersion, "other_version", All,
        ["نسخة هذا التطبيق ونسخة الخادم لا تتفاهمان", "يرجى تحديث التطبيق، وإبلاغ الإدارة المركزية إذا تكرر ذلك"],
        ["cette version de l'application et celle du serveur ne se comprennent pas", "mettez l'application à jour, et prévenez l'administration centrale si cela se répète"],
        ["this version of the app and that of the server do not understand each other", "update the app, and tell headquarters if this happens again"];
    /// The relay has too much to do.
    RelayBusy, "relay_busy", All,
        ["الخادم مشغول الآن", "يرجى إعادة المزامنة لاحقا"],
        ["le serveur est occupé en ce moment", "synchronisez de nouveau plus tard"],
        ["the server is busy now", "sync again later"];
    /// The relay did not understand what was sent.
    NotUnderstood, "not_understood", All,
        ["لم يفهم الخادم ما أرسله هذا الجهاز", "يرجى تحديث التطبيق، وإبلاغ الإدارة المركزية إذا تكرر ذلك"],
        ["le serveur n'a pas compris cette tablette", "mettez l'application à jour, et prévenez l'administration centrale si cela se répète"],
        ["the server did not understand this tablet", "update the app, and tell headquarters if this happens again"];
    /// The relay is another organisation's.
    RelayOfOthers, "relay_of_others", All,
        ["الخادم الذي أجاب يخص هيئة أخرى", "يرجى التحقق من العنوان والرمز مع الإدارة المركزية"],
        ["le serveur qui a répondu est celui d'une autre organisation", "vérifiez l'adresse et le code avec l'administration centrale"],
        ["the server that answered belongs to another organisation", "check the address and the code with headquarters"];
    /// The relay does not admit this tablet.
    NotAdmitted, "not_admitted", All,
        ["الخادم لا يقبل هذا الجهاز", "يرجى مراجعة الإدارة المركزية"],
        ["le serveur n'accepte pas cette tablette", "adressez-vous à l'administration centrale"],
        ["the server does not admit this tablet", "ask headquarters"];
    /// The relay could not save.
    RelayNotSaving, "relay_not_saving", All,
        ["لم يستطع الخادم حفظ ما أُرسل إليه، وهو باق في هذا الجهاز", "يرجى إعادة المزامنة لاحقا"],
        ["le serveur n'a pas pu garder ce qui lui a été envoyé, et qui reste sur la tablette", "synchronisez de nouveau plus tard"],
        ["the server could not keep what was sent; it stays on this tablet", "sync again later"];
    /// The session was ended early.
    SessionEnded, "session_ended", All,
        ["انتهت المزامنة قبل تمامها", "يرجى إعادة المزامنة لاحقا"],
        ["la synchronisation s'est arrêtée avant la fin", "synchronisez de nouveau plus tard"],
        ["the sync ended before it was done", "sync again later"];
    /// The handshake broke.
    ConnectionBroke, "connection_broke", All,
        ["انقطع الاتصال بالخادم في بدايته", "يرجى إعادة المزامنة لاحقا"],
        ["la connexion au serveur s'est rompue dès le début", "synchronisez de nouveau plus tard"],
        ["the connection to the server broke as it began", "sync again later"];
    /// There is no network.
    NoNetwork, "no_network", All,
        ["لا توجد شبكة هنا، أو لا طريق منها إلى الخادم", "يرجى إعادة المزامنة حيث توجد إشارة"],
        ["il n'y a pas de réseau ici, ou pas de chemin vers le serveur", "synchronisez de nouveau là où il y a du signal"],
        ["there is no network here, or no way to the server", "sync again where there is a signal"];
    /// The network part of the app did not start.
    NetworkNotStarted, "network_not_started", All,
        ["لم يبدأ الجزء الخاص بالشبكة في التطبيق", "يرجى إغلاق التطبيقات الأخرى، ثم إعادة المزامنة"],
        ["la partie réseau de l'application n'a pas démarré", "fermez les autres applications, puis synchronisez de nouveau"],
        ["the network part of the app did not start", "close other apps, then sync again"];
    /// The engine's thread did not start.
    EngineNotStarted, "engine_not_started", All,
        ["لم يبدأ الجزء الخاص بالبيانات في التطبيق", "يرجى إغلاق التطبيقات الأخرى، ثم المحاولة من جديد"],
        ["la partie de l'application qui tient les données n'a pas démarré", "fermez les autres applications, puis réessayez"],
        ["the part of the app that keeps the data did not start", "close other apps, then try again"];
    /// What the relay sent cannot be right.
    RelayBroken, "relay_broken", All,
        ["ما أرسله الخادم لا يمكن أن يكون صحيحا، ولم يؤخذ منه شيء", "يرجى إعادة المزامنة لاحقا، وإبلاغ الإدارة المركزية إذا تكرر ذلك"],
        ["ce que le serveur a envoyé ne peut pas être juste, et rien n'en a été pris", "synchronisez de nouveau plus tard, et prévenez l'administration centrale si cela se répète"],
        ["what the server sent cannot be right, and none of it was taken", "sync again later, and tell headquarters if this happens again"];
    /// A sync is under way.
    SyncingAlready, "syncing_already", All,
        ["المزامنة جارية من قبل", "يرجى انتظار انتهائها قبل إعادة المزامنة"],
        ["une synchronisation est déjà en cours", "attendez qu'elle soit finie avant de synchroniser de nouveau"],
        ["a sync is under way already", "wait until it is over before you sync again"];
    /// What was to be imported could not be read.
    InputUnreadable, "input_unreadable", All,
        ["تعذرت قراءة الملف المراد استيراده إلى آخره", "يرجى إعطاء الملف الصحيح دون السطور التي حُفظت"],
        ["le fichier à importer n'a pas pu être lu jusqu'au bout", "donnez le bon fichier, sans les lignes déjà enregistrées"],
        ["the file to be imported could not be read to its end", "give the right file, without the lines that are saved"];
}
