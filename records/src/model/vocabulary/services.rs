//! Lists about what bodies do for families: programmes, referrals, places of service, partnerships; and how records
//! hang together.

use super::lists;

lists! {
    /// How far an enrolment in a programme is.
    EnrolmentStatus, "SP-DCI, enrolment status, shortened" {
        Applied = "applied" ["طلب مقدم", "demandée", "applied for"],
        Enrolled = "enrolled" ["مستفيد", "inscrite", "enrolled"],
        Suspended = "suspended" ["موقوفة", "suspendue", "suspended"],
        Refused = "refused" ["مرفوضة", "refusée", "refused"],
        Ended = "ended" ["منتهية", "terminée", "ended"],
    }
    /// How far a referral is.
    ReferralStatus, "PublicSchema, referral status" {
        Pending = "pending" ["في الانتظار", "en attente", "pending"],
        Accepted = "accepted" ["مقبولة", "acceptée", "accepted"],
        Declined = "declined" ["مرفوضة", "déclinée", "declined"],
        Completed = "completed" ["منجزة", "menée à bien", "completed"],
        Cancelled = "cancelled" ["ملغاة", "annulée", "cancelled"],
        Expired = "expired" ["منتهية الأجل", "expirée", "expired"],
    }
    /// What a place of service is.
    PointKind, "PublicSchema, service point type, shortened" {
        SocialCentre = "social_centre" ["مركز اجتماعي", "centre social", "social centre"],
        School = "school" ["مدرسة", "école", "school"],
        Boarding = "boarding" ["دار الطالب أو الطالبة", "internat", "boarding house"],
        HealthCentre = "health_centre" ["مركز صحي", "centre de santé", "health centre"],
        Commune = "commune" ["مقر الجماعة", "siège de la commune", "commune office"],
        CivilRegistry = "civil_registry" ["الحالة المدنية", "état civil", "civil registry"],
        DisabilityCentre = "disability_centre" ["مركز للإعاقة", "centre pour le handicap", "disability centre"],
        TrainingCentre = "training_centre" ["مركز تكوين", "centre de formation", "training centre"],
        Mobile = "mobile" ["وحدة متنقلة", "unité mobile", "mobile unit"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// What a body is.
    BodyKind, "this project" {
        Association = "association" ["جمعية", "association", "association"],
        EntraideNationale = "entraide_nationale" ["التعاون الوطني", "Entraide Nationale", "Entraide Nationale"],
        Ads = "ads" ["وكالة التنمية الاجتماعية", "ADS", "ADS"],
        Ministry = "ministry" ["وزارة", "ministère", "ministry"],
        Council = "council" ["مجلس منتخب", "conseil élu", "elected council"],
        Authority = "authority" ["سلطة محلية", "autorité locale", "local authority"],
        University = "university" ["جامعة أو مركز بحث", "université ou centre de recherche", "university or research centre"],
        Company = "company" ["قطاع خاص", "secteur privé", "private sector"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// In what capacity somebody attends a consultation.
    Capacity, "this project, after the founding consultation" {
        Chair = "chair" ["رئاسة", "présidence", "chair"],
        Government = "government" ["حكومة", "gouvernement", "government"],
        Elected = "elected" ["منتخب", "élu", "elected"],
        Administration = "administration" ["مصالح خارجية", "services extérieurs", "external services"],
        Operator = "operator" ["منسقية", "coordination", "coordination"],
        Research = "research" ["جامعة وبحث", "université et recherche", "university and research"],
        CivilSociety = "civil_society" ["مجتمع مدني", "société civile", "civil society"],
        PrivateSector = "private_sector" ["قطاع خاص", "secteur privé", "private sector"],
        Expert = "expert" ["خبير", "expert", "expert"],
        Citizen = "citizen" ["مواطن", "citoyen", "citizen"],
    }
    /// What a partner brings.
    ResourceKind, "this project" {
        Money = "money" ["مال", "argent", "money"],
        People = "people" ["موارد بشرية", "personnes", "people"],
        InKind = "in_kind" ["موارد عينية", "en nature", "in kind"],
        Expertise = "expertise" ["خبرة", "expertise", "expertise"],
    }
    /// How two records of families hang together.
    LinkKind, "this project" {
        SameAs = "same_as" ["نفس الأسرة", "même famille", "the same family"],
        Continues = "continues" ["تتمة لملف سابق", "suite d'un dossier", "goes on from"],
    }
    /// A day of the week.
    Day, "ISO 8601" {
        Monday = "monday" ["الاثنين", "lundi", "Monday"],
        Tuesday = "tuesday" ["الثلاثاء", "mardi", "Tuesday"],
        Wednesday = "wednesday" ["الأربعاء", "mercredi", "Wednesday"],
        Thursday = "thursday" ["الخميس", "jeudi", "Thursday"],
        Friday = "friday" ["الجمعة", "vendredi", "Friday"],
        Saturday = "saturday" ["السبت", "samedi", "Saturday"],
        Sunday = "sunday" ["الأحد", "dimanche", "Sunday"],
    }
    /// What somebody must be protected from.
    Danger, "this project, after law 103-13 on violence against women and law 27-14 on trafficking" {
        Physical = "physical_violence" ["عنف جسدي", "violence physique", "physical violence"],
        Psychological = "psychological_violence" ["عنف نفسي", "violence psychologique", "psychological violence"],
        Sexual = "sexual_violence" ["عنف جنسي", "violence sexuelle", "sexual violence"],
        Economic = "economic_violence" ["عنف اقتصادي", "violence économique", "economic violence"],
        ChildMarriage = "child_marriage" ["زواج قاصر", "mariage d'enfant", "child marriage"],
        ChildLabour = "child_labour" ["تشغيل طفل", "travail d'enfant", "child labour"],
        Neglect = "neglect" ["إهمال", "négligence", "neglect"],
        Trafficking = "trafficking" ["اتجار بالبشر", "traite", "trafficking"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// What became of a case.
    CaseStatus, "this project" {
        Open = "open" ["مفتوح", "ouvert", "open"],
        Followed = "followed" ["قيد التتبع", "suivi", "followed"],
        Closed = "closed" ["مغلق", "clos", "closed"],
    }
}
