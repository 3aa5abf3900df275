//! Lists about visits: what is heard, what is asked for, what stands in the way.

use super::lists;

lists! {
    /// Where a wall time comes from. It is shown, never used to decide.
    TimeSource, "this project" {
        Device = "device" ["ساعة الجهاز", "horloge de la tablette", "clock of the device"],
        Relay = "relay" ["ساعة الخادم الجهوي", "horloge du relais", "clock of the relay"],
        Colleague = "colleague" ["ساعة زميل", "horloge d'un collègue", "clock of a colleague"],
        Gps = "gps" ["نظام تحديد المواقع", "GPS", "GPS"],
        Person = "person" ["قول شخص", "dite par une personne", "said by a person"],
        Unknown = "unknown" ["غير معروف", "inconnue", "unknown"],
    }
    /// Why the visit was made.
    VisitKind, "this project" {
        First = "first" ["زيارة أولى", "première visite", "first visit"],
        FollowUp = "follow_up" ["زيارة تتبع", "visite de suivi", "follow-up"],
        Urgent = "urgent" ["زيارة مستعجلة", "visite urgente", "urgent visit"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// Who answered.
    Respondent, "this project" {
        Head = "head" ["رب الأسرة", "chef du ménage", "head of the household"],
        Member = "member" ["فرد من الأسرة", "membre du ménage", "member of the household"],
        Neighbour = "neighbour" ["جار", "voisin", "neighbour"],
        Authority = "authority" ["سلطة محلية", "autorité locale", "local authority"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// What the family said to being recorded.
    Consent, "law 09-08" {
        Given = "given" ["موافقة", "donné", "given"],
        Refused = "refused" ["رفض", "refusé", "refused"],
        Withdrawn = "withdrawn" ["سحب الموافقة", "retiré", "withdrawn"],
    }
    /// How the family said it.
    ConsentMode, "PublicSchema, consent mode, shortened" {
        Spoken = "spoken" ["شفويا", "oralement", "spoken"],
        Written = "written" ["كتابة", "par écrit", "written"],
        Thumbprint = "thumbprint" ["بالبصمة", "par empreinte", "thumbprint"],
        Witnessed = "witnessed" ["بحضور شاهد", "devant témoin", "before a witness"],
    }
    /// How the family was given its receipt: what was recorded, who may see it, how to object.
    ReceiptForm, "law 09-08" {
        Paper = "paper" ["على ورق", "sur papier", "on paper"],
        Code = "code" ["رمز مصور", "code imprimé", "as a printed code"],
        Spoken = "spoken" ["شفويا", "lu à haute voix", "read aloud"],
        Declined = "declined" ["لم ترغب فيه", "pas souhaité", "not wanted"],
    }
    /// What a need, an expectation or a service is about.
    Category, "this project, after SP-DCI's programme types" {
        Food = "food" ["تغذية", "alimentation", "food"],
        Health = "health" ["صحة", "santé", "health"],
        Water = "water" ["ماء", "eau", "water"],
        Housing = "housing" ["سكن", "logement", "housing"],
        Schooling = "schooling" ["تمدرس", "scolarité", "schooling"],
        Child = "child" ["طفولة", "enfance", "childhood"],
        Disability = "disability" ["إعاقة", "handicap", "disability"],
        Elderly = "elderly" ["أشخاص مسنون", "personnes âgées", "older persons"],
        Papers = "papers" ["وثائق", "papiers", "papers"],
        Income = "income" ["دخل", "revenu", "income"],
        Training = "training" ["تكوين", "formation", "training"],
        Transport = "transport" ["نقل", "transport", "transport"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// How much something presses.
    Urgency, "this project" {
        Low = "low" ["ضعيفة", "faible", "low"],
        Medium = "medium" ["متوسطة", "moyenne", "medium"],
        High = "high" ["كبيرة", "forte", "high"],
    }
    /// What became of a need.
    NeedStatus, "this project" {
        Open = "open" ["قائمة", "ouvert", "open"],
        InProgress = "in_progress" ["قيد المعالجة", "en cours", "in progress"],
        Met = "met" ["لبيت", "satisfait", "met"],
        Withdrawn = "withdrawn" ["سحبت", "retiré", "withdrawn"],
    }
    /// What became of an expectation.
    ExpectationStatus, "this project, after the consultations of 2021-2022" {
        Recorded = "recorded" ["مسجل", "enregistrée", "recorded"],
        Considered = "considered" ["قيد النظر", "prise en compte", "considered"],
        Planned = "planned" ["مبرمج", "programmée", "planned"],
        Answered = "answered" ["تمت الإجابة", "répondue", "answered"],
    }
    /// What stands in the way.
    ConstraintKind, "this project, after the consultations of 2021-2022" {
        RoadCut = "road_cut" ["طريق مقطوعة", "route coupée", "road cut"],
        NoSignal = "no_signal" ["انعدام التغطية", "pas de réseau", "no signal"],
        NoTransport = "no_transport" ["انعدام النقل", "pas de transport", "no transport"],
        FarSchool = "far_school" ["مدرسة بعيدة", "école éloignée", "school far away"],
        FarHealth = "far_health" ["مركز صحي بعيد", "centre de santé éloigné", "health centre far away"],
        NoWater = "no_water" ["انقطاع الماء", "manque d'eau", "no water"],
        MissingPapers = "missing_papers" ["نقص الوثائق", "papiers manquants", "papers missing"],
        Weather = "weather" ["أحوال جوية", "intempéries", "weather"],
        Staff = "staff" ["نقص الأطر", "manque de personnel", "staff missing"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// Whom it stands in the way of.
    ConstraintScope, "this project" {
        Household = "household" ["الأسرة", "le ménage", "the household"],
        Douar = "douar" ["الدوار", "le douar", "the douar"],
        Commune = "commune" ["الجماعة", "la commune", "the commune"],
    }
}
