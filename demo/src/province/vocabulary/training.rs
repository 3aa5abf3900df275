//! The words for training a compression dictionary: other names, other places, other phrases.

use super::{Pair, Remarks, Wants, Words};
use crate::province::visit::Category;

pub(super) const WORDS: Words = Words {
    men: MEN,
    men_amazigh: MEN_AMAZIGH,
    women: WOMEN,
    women_amazigh: WOMEN_AMAZIGH,
    families: FAMILIES,
    families_amazigh: FAMILIES_AMAZIGH,
    place_kinds: &[("إغرم", "Ighrem"), ("زاوية", "Zaouiat"), ("حي", "Hay")],
    places: PLACES,
    french: FRENCH,
    arabic: ARABIC,
    wants: WANTS,
};

#[rustfmt::skip]
const MEN: &[Pair] = &[
    ("توفيق", "Toufik"), ("منير", "Mounir"), ("عادل", "Adil"), ("فؤاد", "Fouad"), ("كمال", "Kamal"),
    ("جواد", "Jaouad"), ("نبيل", "Nabil"), ("مراد", "Mourad"), ("وليد", "Walid"), ("طارق", "Tarik"),
    ("بلال", "Bilal"), ("مروان", "Marouane"), ("صلاح", "Salah"), ("فيصل", "Faissal"), ("رضا", "Reda"),
    ("غسان", "Ghassan"), ("أسامة", "Oussama"), ("هيثم", "Haitam"), ("شكيب", "Chakib"), ("لقمان", "Lokmane"),
];

#[rustfmt::skip]
const MEN_AMAZIGH: &[Pair] = &[
    ("أغيلاس", "Aghilas"), ("أنير", "Anir"), ("يوغرطن", "Yugurten"), ("مازيغ", "Mazigh"), ("أيور", "Ayyur"),
    ("زيري", "Ziri"), ("أوسمان", "Ousmane"), ("إيدر", "Ider"),
];

#[rustfmt::skip]
const WOMEN: &[Pair] = &[
    ("سهام", "Siham"), ("وفاء", "Wafae"), ("نوال", "Nawal"), ("إكرام", "Ikram"), ("شيماء", "Chaimae"),
    ("حنان", "Hanane"), ("غزلان", "Ghizlane"), ("رجاء", "Rajae"), ("أسماء", "Asmae"), ("لبنى", "Loubna"),
    ("نجاة", "Najat"), ("فوزية", "Fouzia"), ("ثورية", "Touria"), ("بهيجة", "Bahija"), ("صفاء", "Safae"),
    ("منى", "Mouna"), ("هناء", "Hanae"), ("وئام", "Wiam"), ("كنزة", "Kenza"), ("إلهام", "Ilham"),
];

#[rustfmt::skip]
const WOMEN_AMAZIGH: &[Pair] = &[
    ("ثيليلي", "Tilelli"), ("دهيا", "Dihya"), ("تفوكت", "Tafoukt"), ("شامة", "Chama"), ("تانيرت", "Tanirt"),
    ("أنيا", "Anya"), ("سيمان", "Siman"), ("تاسليت", "Taslit"),
];

#[rustfmt::skip]
const FAMILIES: &[Pair] = &[
    ("براهيمي", "Brahimi"), ("شرقاوي", "Cherkaoui"), ("برادة", "Berrada"), ("لحلو", "Lahlou"),
    ("مزوار", "Mezouar"), ("التازي", "Tazi"), ("بناني", "Bennani"), ("وزاني", "Ouazzani"), ("شاوي", "Chaoui"),
    ("دكالي", "Doukkali"), ("غماري", "Ghomari"), ("ريفي", "Rifi"), ("زموري", "Zemmouri"), ("حياني", "Hayani"),
    ("بقالي", "Bekkali"), ("جبلي", "Jebli"), ("كتاني", "Kettani"), ("روداني", "Roudani"),
];

#[rustfmt::skip]
const FAMILIES_AMAZIGH: &[Pair] = &[
    ("أمغار", "Amghar"), ("أزروال", "Azeroual"), ("أكناو", "Agnaou"), ("إيزم", "Izem"), ("أوخويا", "Oukhouya"),
    ("أزناك", "Aznag"), ("أمهاوش", "Amhaouch"), ("أحنصال", "Ahansal"), ("بوشتى", "Bouchta"), ("أكورام", "Agourram"),
];

#[rustfmt::skip]
const PLACES: &[Pair] = &[
    ("أقا", "Akka"), ("تافراوت", "Tafraout"), ("أوزيوة", "Ouzioua"), ("تامدولت", "Tamdoult"), ("أسكا", "Asga"),
    ("بوغرارت", "Boughrart"), ("دمنات", "Demnat"), ("سكورة", "Skoura"), ("أنزال", "Anzal"), ("تيدسي", "Tidsi"),
    ("فم الحصن", "Foum Lhisn"), ("تاملالت", "Tamellalt"), ("أورير", "Aourir"), ("تيويين", "Tiouiyine"),
];

const FRENCH: Remarks = Remarks {
    openings: &[
        "foyer visité en fin de matinée,",
        "cadet seul au logis,",
        "discussion cordiale sous un figuier,",
        "troisième tentative, on nous fait entrer,",
        "épouse malade, belle-sœur à son chevet,",
        "bergers installés vers la colline,",
        "échange bref, marché hebdomadaire oblige,",
        "locataires arrivés récemment du nord,",
    ],
    observations: &[
        "{name} souffre du dos voilà {n} ans",
        "récolte de safran médiocre cet automne",
        "{name} abandonne les cours du soir",
        "robinet coupé, compteur endommagé",
        "allocation suspendue, justificatif périmé",
        "{n} moutons emportés par une fièvre",
        "charpente pourrie, fenêtres brisées",
        "{name} allaite des jumeaux, fatigue visible",
        "mariage de {name} non enregistré",
        "asthme de {name} aggravé par la poussière",
        "{name} tisse des tapis, ventes rares",
        "dette de {n} cents dirhams envers l'épicier",
    ],
    endings: &[
        ", autre venue sous huitaine.",
        ", contacter le médecin généraliste.",
        ", signaler au bureau communal.",
        ", formulaire rempli ensemble.",
        ", attendre confirmation du siège.",
        ", situation stable selon eux.",
        ", envoyer des vêtements chauds.",
        ", orienter vers un juriste.",
    ],
    refusals: &["préfère garder le silence, noté.", "décline notre venue sans colère."],
};

const ARABIC: Remarks = Remarks {
    openings: &[
        "زرنا البيت وقت الضحى،",
        "خوهم الكبير بوحدو تما،",
        "جلسنا تحت الكرمة نتحاورو،",
        "ثالث محاولة وأخيرا ردو،",
        "الزوجة مريضة وأختها حاضراها،",
        "رعاة ساكنين جهة التل،",
        "كلام خفيف بسبب الموسم،",
        "سكان جداد وصلو من الشمال،",
    ],
    observations: &[
        "{name} ظهرو كيوجعو {n} سنين",
        "غلة الزعفران ضعيفة هاد العام",
        "{name} سمح فالدروس الليلية",
        "الروبيني مقطوع والكونطور خاسر",
        "الدعم توقف لأن الشهادة قديمة",
        "ماتو {n} خرفان بالحمى",
        "الخشب مسوس والشراجم مهرسين",
        "{name} كترضع توام وباين عليها العيا",
        "زواج {name} غير موثق",
        "ضيقة {name} زادت مع العجاج",
        "{name} كتنسج زرابي والبيع قليل",
        "كريدي {n} ميات درهم عند مول الحانوت",
    ],
    endings: &[
        " موعد جديد الأسبوع المقبل.",
        " نتصلو بالطبيب العام.",
        " نبلغو مكتب الجماعة.",
        " عمرنا الاستمارة مجموعين.",
        " ننتظرو جواب الإدارة.",
        " حالتهم مستقرة حسب قولهم.",
        " نرسلو حوايج دافية.",
        " نوجهوهم لمحامي.",
    ],
    refusals: &["فضل يسكت وسجلنا ذلك.", "اعتذر لينا بلا غضب."],
};

#[rustfmt::skip]
const WANTS: &[Wants] = &[
    Wants { category: Category::Food, french: &["semoule, lentilles, thon"], arabic: &["سميدة وعدس وطون"] },
    Wants {
        category: Category::Health,
        french: &["ventoline mensuelle", "radiographie lombaire"],
        arabic: &["فانطولين شهريا", "راديو الظهر"],
    },
    Wants { category: Category::Water, french: &["nouveau compteur"], arabic: &["كونطور جديد"] },
    Wants { category: Category::Housing, french: &["vitres, poutres solides"], arabic: &["زجاج وخشب صلب"] },
    Wants { category: Category::Schooling, french: &["soutien en mathématiques"], arabic: &["دعم الرياضيات"] },
    Wants { category: Category::Child, french: &["crèche communale"], arabic: &["حضانة جماعية"] },
    Wants { category: Category::Disability, french: &["prothèse adaptée"], arabic: &["طرف اصطناعي ملائم"] },
    Wants { category: Category::Papers, french: &["livret matrimonial"], arabic: &["كناش الحالة المدنية"] },
    Wants { category: Category::Income, french: &["métier à tisser", "microcrédit"], arabic: &["منسج", "قرض صغير"] },
    Wants { category: Category::Other, french: &["conseil juridique gratuit"], arabic: &["استشارة مجانية"] },
];
