//! The words of everything shown or measured.

use super::{Pair, Remarks, Wants, Words};
use crate::province::visit::Category;

pub(super) const WORDS: Words = Words {
    men: MEN,
    men_amazigh: MEN_AMAZIGH,
    women: WOMEN,
    women_amazigh: WOMEN_AMAZIGH,
    families: FAMILIES,
    families_amazigh: FAMILIES_AMAZIGH,
    place_kinds: &[("قصر", "Ksar"), ("دوار", "Douar"), ("لقصر", "Qsar")],
    places: PLACES,
    french: FRENCH,
    arabic: ARABIC,
    wants: WANTS,
};

#[rustfmt::skip]
const MEN: &[Pair] = &[
    ("محمد", "Mohamed"), ("أحمد", "Ahmed"), ("لحسن", "Lahcen"), ("الحسين", "Lhoucine"), ("عبد الله", "Abdellah"),
    ("عبد الرحمن", "Abderrahmane"), ("مولاي علي", "Moulay Ali"), ("إبراهيم", "Brahim"), ("يوسف", "Youssef"),
    ("حسن", "Hassan"), ("عمر", "Omar"), ("سعيد", "Said"), ("مصطفى", "Mostafa"), ("رشيد", "Rachid"),
    ("خالد", "Khalid"), ("عبد الكريم", "Abdelkrim"), ("إدريس", "Driss"), ("مبارك", "Mbarek"), ("حميد", "Hamid"),
    ("كريم", "Karim"), ("ياسين", "Yassine"), ("أيوب", "Ayoub"), ("زكرياء", "Zakaria"), ("حمزة", "Hamza"),
    ("أنس", "Anas"), ("بدر", "Badr"), ("عبد العزيز", "Abdelaziz"), ("محمد أمين", "Mohamed Amine"),
    ("هشام", "Hicham"), ("جمال", "Jamal"), ("نور الدين", "Noureddine"), ("عزيز", "Aziz"), ("طه", "Taha"),
    ("ريان", "Rayane"), ("آدم", "Adam"), ("إلياس", "Ilyas"), ("سفيان", "Soufiane"), ("عثمان", "Othmane"),
    ("مولاي إسماعيل", "Moulay Ismail"), ("سيدي محمد", "Sidi Mohamed"),
];

#[rustfmt::skip]
const MEN_AMAZIGH: &[Pair] = &[
    ("موحا", "Moha"), ("باسو", "Bassou"), ("حدو", "Haddou"), ("يدير", "Yidir"), ("أكسيل", "Aksil"), ("لحو", "Lahou"),
    ("عسو", "Assou"), ("زايد", "Zaid"), ("ماسين", "Massine"), ("أمناي", "Amnay"), ("حماد", "Hammad"),
    ("إيشو", "Ichou"), ("يوبا", "Youba"), ("سيفاو", "Sifaw"), ("موحا أوسعيد", "Moha Ousaid"), ("علي أوحدو", "Ali Ouhaddou"),
];

#[rustfmt::skip]
const WOMEN: &[Pair] = &[
    ("فاطمة", "Fatima"), ("فاطمة الزهراء", "Fatima Zahra"), ("خديجة", "Khadija"), ("عائشة", "Aicha"),
    ("مريم", "Maryam"), ("زينب", "Zineb"), ("حليمة", "Halima"), ("رقية", "Rqia"), ("نعيمة", "Naima"),
    ("سعاد", "Souad"), ("حسناء", "Hasna"), ("سلمى", "Salma"), ("هاجر", "Hajar"), ("إيمان", "Imane"),
    ("سناء", "Sanae"), ("كلثوم", "Keltoum"), ("مليكة", "Malika"), ("رحمة", "Rahma"), ("زهرة", "Zohra"),
    ("لطيفة", "Latifa"), ("أمينة", "Amina"), ("حياة", "Hayat"), ("سارة", "Sara"), ("هدى", "Houda"),
    ("يسرى", "Youssra"), ("آية", "Aya"), ("ملاك", "Malak"), ("دعاء", "Douae"), ("نورة", "Noura"),
    ("عزيزة", "Aziza"), ("جميلة", "Jamila"), ("رشيدة", "Rachida"), ("بشرى", "Bouchra"), ("غيثة", "Ghita"),
    ("السعدية", "Saadia"), ("ربيعة", "Rabia"), ("مباركة", "Mbarka"), ("لالة زينب", "Lalla Zineb"),
];

#[rustfmt::skip]
const WOMEN_AMAZIGH: &[Pair] = &[
    ("إيطو", "Itto"), ("تودة", "Touda"), ("عدجو", "Addjou"), ("تالا", "Tala"), ("تيتريت", "Titrit"),
    ("سيليا", "Silya"), ("إيزة", "Izza"), ("يامنة", "Yamna"), ("تامو", "Tamou"), ("حادة", "Hadda"),
    ("رابحة", "Rabha"), ("تيزيري", "Tiziri"), ("نوميديا", "Numidia"), ("إيجة", "Ijja"), ("تونروز", "Tounaruz"),
    ("ماماس", "Mamas"),
];

#[rustfmt::skip]
const FAMILIES: &[Pair] = &[
    ("العلوي", "El Alaoui"), ("الفيلالي", "El Filali"), ("المدغري", "El Mdaghri"), ("السباعي", "Sbai"),
    ("الصباحي", "Sebbahi"), ("السجلماسي", "Sijilmassi"), ("البوعناني", "Bouanani"), ("القاسمي", "Kasmi"),
    ("الحسني", "Hassani"), ("الإدريسي", "Idrissi"), ("لمرابط", "Lamrabet"), ("بوزيان", "Bouziane"),
    ("الرتبي", "Rtbi"), ("الغريسي", "Ghrissi"), ("الخالدي", "Khaldi"), ("الدرقاوي", "Derkaoui"),
    ("بلقاسم", "Belkacem"), ("الناصري", "Naciri"), ("العثماني", "Otmani"), ("الجرفي", "Jorfi"),
    ("التوزاني", "Touzani"), ("بنعلي", "Benali"), ("حمداوي", "Hamdaoui"), ("السوسي", "Soussi"),
    ("لعروسي", "Laaroussi"), ("الهاشمي", "Hachimi"), ("المنصوري", "Mansouri"), ("السعيدي", "Saidi"),
    ("الزاوي", "Zaoui"), ("رحماني", "Rahmani"), ("بركاوي", "Berkaoui"), ("صديقي", "Seddiki"),
    ("طاهري", "Tahiri"), ("قدوري", "Kaddouri"), ("لعزيزي", "Laazizi"), ("الصغيري", "Sghiri"),
];

#[rustfmt::skip]
const FAMILIES_AMAZIGH: &[Pair] = &[
    ("آيت عطا", "Ait Atta"), ("أوحدو", "Ouhaddou"), ("آيت لحسن", "Ait Lahcen"), ("أوباسو", "Oubassou"),
    ("آيت يحيى", "Ait Yahya"), ("أوموحا", "Oumouha"), ("آيت خباش", "Ait Khebbach"), ("آيت مرغاد", "Ait Merghad"),
    ("أوعسو", "Ouassou"), ("آيت إزدك", "Ait Izdeg"), ("آيت حديدو", "Ait Hdiddou"), ("أوعلي", "Ouali"),
    ("آيت أونبكي", "Ait Ounebgui"), ("أوزايد", "Ouzaid"), ("أوشن", "Ouchen"), ("أوبلا", "Oubella"),
    ("أوعدي", "Ouaddi"), ("آيت باها", "Ait Baha"), ("آيت سيدي علي", "Ait Sidi Ali"), ("أوتزيرت", "Outzirt"),
];

#[rustfmt::skip]
const PLACES: &[Pair] = &[
    ("تيمزوغين", "Timzoughine"), ("تاكوميت", "Tagoumite"), ("آيت مسعود", "Ait Messaoud"), ("البرج", "El Borj"),
    ("أولاد عيسى", "Oulad Aissa"), ("بني موسى", "Bni Moussa"), ("تابوعصامت", "Tabouassamt"), ("إغبولا", "Ighboula"),
    ("القصيبة", "Ksiba"), ("تاحسنونت", "Tahasnount"), ("تيغرمت", "Tighremt"), ("تيلوين", "Tilouine"),
    ("عين العاطي", "Ain El Ati"), ("النخيل", "Nakhil"), ("الجديد", "Jdid"), ("القديم", "Lakdim"),
    ("تاوريرت", "Taourirt"), ("أسرير", "Asrir"), ("الحارة", "El Hara"), ("المنزه", "El Menzeh"),
    ("مزكيدة", "Mezguida"), ("إرارة", "Irara"), ("تيزكي", "Tizgui"), ("أكدال", "Agdal"), ("الزريقات", "Zrigat"),
    ("أولاد شاكر", "Oulad Chaker"), ("مسكي", "Meski"), ("إفري", "Ifri"), ("حاسي الأبيض", "Hassi Labied"),
    ("خملية", "Khamlia"), ("أولاد يوسف", "Oulad Youssef"), ("آيت عاصم", "Ait Assem"), ("تازروت", "Tazrout"),
    ("بوتلامين", "Boutlamine"), ("الكراير", "Lagrair"), ("تيغفرت", "Tighfert"),
];

const FRENCH: Remarks = Remarks {
    openings: &[
        "famille rencontrée à la maison,",
        "mère présente, père parti au souk,",
        "accueil chaleureux autour du thé,",
        "visite rapide avant la prière,",
        "entretien long avec la grand-mère,",
        "le chef du ménage est absent,",
        "reçu par les voisins d'abord,",
        "deuxième passage, porte enfin ouverte,",
        "la fille aînée traduit du tamazight,",
        "maison en pisé très abîmée,",
        "ménage calme, enfants bien habillés,",
        "retour comme promis lundi dernier,",
        "tente déplacée près de l'oued,",
        "rencontre devant l'école du ksar,",
        "tout le monde dans la palmeraie,",
        "l'oncle paternel répond à sa place,",
    ],
    observations: &[
        "le puits est à sec depuis {n} semaines",
        "{name} tousse chaque nuit depuis {n} jours",
        "le toit a cédé après les crues",
        "{n} dattiers perdus à cause du bayoud",
        "{name} ne va plus au collège faute de transport",
        "la pension du père n'arrive plus",
        "{name} attend toujours sa carte nationale",
        "ordonnance du dispensaire jamais achetée, trop chère",
        "le bébé de {name} pèse trop peu",
        "{n} chèvres vendues pour payer le loyer",
        "{name} marche difficilement, la béquille est cassée",
        "facture d'eau impayée depuis {n} mois",
        "le mari travaille à Casablanca et envoie peu",
        "pas de lait ni d'huile cette semaine",
        "{name} cherche une formation en couture",
        "acte de naissance manquant pour {name}",
        "tension élevée chez {name}, aucun suivi",
        "{name} dort dans la cuisine, mur fissuré",
        "la khettara ne coule presque plus",
        "les cahiers de {name} sont à acheter",
        "diabète de {name} mal équilibré",
        "chantier terminé, aucun revenu depuis {n} semaines",
        "{name} voit mal, lunettes demandées",
        "dispute d'héritage, la moitié du champ est bloquée",
    ],
    endings: &[
        ", repasser après le souk de jeudi.",
        ", appeler l'infirmier du centre.",
        ", dossier transmis à la caïdat.",
        ", voir avec la coopérative.",
        ", apporter les papiers la prochaine fois.",
        ", à suivre de près.",
        ", rien d'urgent pour le moment.",
        ", prévenir l'assistante sociale d'Arfoud.",
        ", rendez-vous fixé à l'hôpital Moulay Ali Cherif.",
        ", l'association livrera un panier.",
        ", photo prise avec leur accord.",
        ", la famille remercie beaucoup.",
        ", vérifier au mois de chaabane.",
        ", demander au moqaddem.",
        ", proposer la caravane médicale.",
        ", parler au directeur de l'école.",
    ],
    refusals: &[
        "ne souhaite pas répondre aujourd'hui, respecter.",
        "refus poli du père, revenir seulement s'il appelle.",
        "trop de questions déjà, dit la mère.",
    ],
};

const ARABIC: Remarks = Remarks {
    openings: &[
        "لقينا العائلة فالدار،",
        "الأم حاضرة والأب مشا للسوق،",
        "استقبلونا مزيان مع أتاي،",
        "زيارة قصيرة قبل الصلاة،",
        "هضرنا بزاف مع الجدة،",
        "رب الأسرة ما كاينش،",
        "الجيران هوما اللي دلونا،",
        "المرة الثانية عاد حلو الباب،",
        "البنت الكبيرة كتترجم من تمازيغت،",
        "الدار ديال الطين مهرسة،",
        "الدراري لابسين مزيان والجو هادئ،",
        "رجعنا كيف ما واعدناهم،",
        "الخيمة تحولات حدا الواد،",
        "تلاقينا قدام مدرسة القصر،",
        "كلشي خدام فالنخل،",
        "العم هو اللي جاوب،",
    ],
    observations: &[
        "البير نشف هادي {n} سيمانات",
        "{name} كيكح كل ليلة من {n} أيام",
        "السقف طاح من بعد الحملة",
        "ضاعو {n} نخلات بالبيوض",
        "{name} حبس القراية حيت ما كاين نقل",
        "المعاش ديال الأب ما بقاش كيوصل",
        "{name} مازال كيتسنى البطاقة الوطنية",
        "الدوا غالي وما شراوهش من السبيطار",
        "الرضيع ديال {name} وزنو ناقص",
        "باعو {n} معزات باش يخلصو الكرا",
        "{name} كيتمشى بصعوبة والعكاز مكسور",
        "فاتورة الما ما تخلصاتش {n} شهور",
        "الراجل خدام فكازا وكيصيفط شوية",
        "ما كاين لا حليب لا زيت",
        "{name} باغية تتعلم الخياطة",
        "رسم الولادة ناقص عند {name}",
        "الطونسيو طالع عند {name} بلا متابعة",
        "{name} كينعس فالكوزينة والحيط مشقوق",
        "الخطارة قريب تحبس",
        "دفاتر {name} خاصهم يتشراو",
        "السكر ديال {name} ما مضبوطش",
        "سالات الخدمة وما كاين مدخول {n} سيمانات",
        "{name} ما كيشوفش مزيان وخاصو نظاظر",
        "نزاع على الورث ونص الفدان محبوس",
    ],
    endings: &[
        " نرجعو من بعد سوق الخميس.",
        " نعيطو للفرملي ديال المركز.",
        " الملف مشا للقيادة.",
        " نشوفو مع التعاونية.",
        " يجيبو الوراق المرة الجاية.",
        " خاص تتبع من قريب.",
        " ما كاين حتى حاجة مزروبة.",
        " نخبرو المساعدة الاجتماعية فأرفود.",
        " عندهم رونديفو فسبيطار مولاي علي الشريف.",
        " الجمعية غادي توصل القفة.",
        " تصورنا برضاهم.",
        " العائلة كتشكر بزاف.",
        " نعاودو فشهر شعبان.",
        " نسولو المقدم.",
        " نقترحو القافلة الطبية.",
        " نهضرو مع مدير المدرسة.",
    ],
    refusals: &[
        "ما بغاوش يجاوبو اليوم، نحتارموهم.",
        "الأب رفض بأدب، نرجعو غير إلا عيط.",
        "الأم قالت الأسئلة كثار.",
    ],
};

#[rustfmt::skip]
const WANTS: &[Wants] = &[
    Wants {
        category: Category::Food,
        french: &["panier de farine, huile et sucre", "lait infantile pour le nourrisson", "aide avant le ramadan"],
        arabic: &["قفة فيها الدقيق والزيت والسكر", "حليب الرضاعة", "إعانة قبل رمضان"],
    },
    Wants {
        category: Category::Health,
        french: &["insuline et bandelettes", "consultation de cardiologie", "vaccin du bébé en retard", "lunettes de vue"],
        arabic: &["الأنسولين والشرائط", "طبيب القلب", "جلبة الرضيع تعطلات", "نظاظر ديال الشوف"],
    },
    Wants {
        category: Category::Water,
        french: &["branchement au réseau d'eau", "citerne une fois par quinzaine", "réparer la pompe du puits"],
        arabic: &["الربط بشبكة الما", "صهريج كل جوج سيمانات", "إصلاح مضخة البير"],
    },
    Wants {
        category: Category::Housing,
        french: &["refaire le toit effondré", "consolider un mur fissuré", "couvertures et nattes pour l'hiver"],
        arabic: &["إصلاح السقف اللي طاح", "تقوية الحيط المشقوق", "مانطات وحصاير للبرد"],
    },
    Wants {
        category: Category::Schooling,
        french: &["cartable et fournitures", "place à l'internat du collège", "transport scolaire depuis le douar"],
        arabic: &["شكارة وأدوات", "بلاصة فالداخلية", "النقل المدرسي من الدوار"],
    },
    Wants {
        category: Category::Child,
        french: &["suivi du poids de l'enfant", "inscription au préscolaire", "enfant confié à sa tante, à entendre"],
        arabic: &["تتبع وزن الطفل", "التسجيل فالروض", "الطفل عند خالتو، خاص نسمعو ليه"],
    },
    Wants {
        category: Category::Disability,
        french: &["fauteuil roulant", "béquilles neuves", "séances de rééducation à Errachidia", "appareil auditif"],
        arabic: &["كرسي متحرك", "عكاكز صحاح", "حصص الترويض فالرشيدية", "سماعة الودن"],
    },
    Wants {
        category: Category::Papers,
        french: &["extrait d'acte de naissance", "carte nationale à renouveler", "inscription au registre social"],
        arabic: &["نسخة من رسم الولادة", "تجديد البطاقة الوطنية", "التسجيل فالسجل الاجتماعي"],
    },
    Wants {
        category: Category::Income,
        french: &["machine à coudre pour la coopérative", "travail saisonnier des dattes", "dossier de pension de veuve"],
        arabic: &["مكينة الخياطة للتعاونية", "خدمة موسم التمر", "ملف معاش الأرملة"],
    },
    Wants {
        category: Category::Other,
        french: &["médiation avec le propriétaire", "éclairage devant la maison", "à préciser avec la famille"],
        arabic: &["الصلح مع مول الدار", "الضو قدام الباب", "يتوضح مع العائلة"],
    },
];
