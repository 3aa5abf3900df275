//! Lists about families and their dwellings: the categories of the census (HCP), so that figures can stand side by
//! side with it.

use super::lists;

lists! {
    /// The three kinds of household of the census.
    Status, "HCP, RGPH 2024" {
        Sedentary = "sedentary" ["مستقرة", "sédentaire", "sedentary"],
        Nomadic = "nomadic" ["رحل", "nomade", "nomadic"],
        Homeless = "homeless" ["بدون مأوى", "sans abri", "homeless"],
    }
    /// Where the household's water comes from.
    Water, "HCP, RGPH 2024, shortened" {
        Running = "running" ["ماء الشبكة", "eau courante", "running water"],
        Fountain = "fountain" ["سقاية", "borne-fontaine", "public fountain"],
        Well = "well" ["بئر", "puits", "well"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// The census's types of dwelling.
    Dwelling, "HCP, RGPH 2024" {
        Villa = "villa" ["فيلا", "villa", "villa"],
        Apartment = "apartment" ["شقة", "appartement", "apartment"],
        MoroccanHouse = "moroccan_house" ["دار مغربية", "maison marocaine", "Moroccan house"],
        Basic = "basic" ["سكن بدائي", "habitat sommaire", "basic house or slum"],
        Rural = "rural" ["سكن قروي", "logement rural", "rural dwelling"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// On what ground the household lives there.
    Occupancy, "HCP, RGPH 2024, shortened" {
        Owner = "owner" ["ملك", "propriétaire", "owner"],
        Tenant = "tenant" ["كراء", "locataire", "tenant"],
        Free = "free" ["مجانا", "logé gratuitement", "lodged free of charge"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// Where used water goes.
    Wastewater, "HCP, RGPH 2024, shortened" {
        Sewer = "sewer" ["شبكة التطهير", "réseau public", "public sewer"],
        Septic = "septic" ["حفرة صحية", "fosse septique", "septic tank"],
        Open = "open" ["في الطبيعة", "dans la nature", "open ground"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// What the household cooks with.
    Cooking, "HCP, RGPH 2024, shortened" {
        Gas = "gas" ["غاز", "gaz", "gas"],
        Wood = "wood" ["حطب", "bois", "wood"],
        Charcoal = "charcoal" ["فحم", "charbon", "charcoal"],
        Electricity = "electricity" ["كهرباء", "électricité", "electricity"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// Sex, as registered.
    Sex, "SP-DCI, sex" {
        Male = "male" ["ذكر", "masculin", "male"],
        Female = "female" ["أنثى", "féminin", "female"],
        Unknown = "unknown" ["غير معروف", "inconnu", "unknown"],
    }
    /// What a member is to the head of the household.
    Relation, "SP-DCI, relationship, with HCP's categories" {
        Head = "head" ["رب الأسرة", "chef du ménage", "head"],
        Spouse = "spouse" ["زوج أو زوجة", "conjoint", "spouse"],
        Child = "child" ["ابن أو ابنة", "enfant", "child"],
        Parent = "parent" ["أب أو أم", "parent", "parent"],
        Sibling = "sibling" ["أخ أو أخت", "frère ou sœur", "brother or sister"],
        Grandchild = "grandchild" ["حفيد أو حفيدة", "petit-enfant", "grandchild"],
        Grandparent = "grandparent" ["جد أو جدة", "grand-parent", "grandparent"],
        InLaw = "in_law" ["صهر", "parent par alliance", "relative by marriage"],
        Kin = "kin" ["قريب آخر", "autre parenté", "other kin"],
        Other = "other" ["بدون قرابة", "sans parenté", "not related"],
    }
    /// Marital status.
    Marital, "SP-DCI, marital status" {
        Single = "single" ["أعزب", "célibataire", "single"],
        Married = "married" ["متزوج", "marié", "married"],
        Divorced = "divorced" ["مطلق", "divorcé", "divorced"],
        Widowed = "widowed" ["أرمل", "veuf", "widowed"],
        Separated = "separated" ["منفصل", "séparé", "separated"],
        Unknown = "unknown" ["غير معروف", "inconnu", "unknown"],
    }
    /// The highest level reached or attended.
    Schooling, "HCP, RGPH 2024; levels of ISCED" {
        None = "none" ["بدون", "aucune", "none"],
        Preschool = "preschool" ["تعليم أولي", "préscolaire", "preschool"],
        Koranic = "koranic" ["كتاب قرآني", "école coranique", "Koranic school"],
        Primary = "primary" ["ابتدائي", "primaire", "primary"],
        LowerSecondary = "lower_secondary" ["إعدادي", "secondaire collégial", "lower secondary"],
        UpperSecondary = "upper_secondary" ["ثانوي تأهيلي", "secondaire qualifiant", "upper secondary"],
        Vocational = "vocational" ["تكوين مهني", "formation professionnelle", "vocational"],
        Higher = "higher" ["تعليم عال", "supérieur", "higher"],
        Unknown = "unknown" ["غير معروف", "inconnu", "unknown"],
    }
    /// What a member does.
    Activity, "HCP, RGPH 2024, shortened" {
        Employed = "employed" ["يعمل", "occupé", "employed"],
        Seasonal = "seasonal" ["عمل موسمي", "travail saisonnier", "seasonal work"],
        Unemployed = "unemployed" ["عاطل", "chômeur", "unemployed"],
        Student = "student" ["متمدرس", "élève ou étudiant", "student"],
        Home = "home" ["ربة بيت", "au foyer", "at home"],
        Retired = "retired" ["متقاعد", "retraité", "retired"],
        Unable = "unable" ["عاجز عن العمل", "incapable de travailler", "unable to work"],
        Other = "other" ["غير ذلك", "autre", "other"],
    }
    /// Who answered the questions about functioning.
    Mode, "PublicSchema, administration mode" {
        SelfReport = "self" ["الشخص نفسه", "la personne elle-même", "the person"],
        Proxy = "proxy" ["شخص نيابة عنه", "un tiers", "somebody else"],
        Assisted = "assisted" ["الشخص بمساعدة", "la personne, aidée", "the person, with help"],
        Mixed = "mixed" ["كلاهما", "les deux", "both"],
    }
}
