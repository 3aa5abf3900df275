// Written from the tables of the Rust types: change those, then see android-bindings/README.md.
@file:UseSerializers(UuidSerializer::class, InstantSerializer::class)

package org.khettara

import java.time.Instant
import java.util.UUID
import kotlinx.serialization.SerialName
import kotlinx.serialization.Serializable
import kotlinx.serialization.UseSerializers
import kotlinx.serialization.json.JsonObject

/** A household as it stands: of every field the answer that lists show. */
@Serializable
public data class Household(
    /** Its id. */
    val id: UUID,
    /** Commune, HCP code such as 08.201.11.07. commune · الجماعة */
    val commune: String? = null,
    /** Douar or quarter, at most 256 bytes. douar ou quartier · الدوار أو الحي */
    val douar: String? = null,
    /** Kind of household: sedentary, nomadic, homeless. type de ménage · نوع الأسرة */
    val status: String? = null,
    /** Place on the map. position · الموقع على الخريطة */
    val gps: GeoPoint? = null,
    /** Telephone, such as +212612345678. téléphone · الهاتف */
    val phone: String? = null,
    /** Number in the unified social register, kept as a hash only. numéro au registre social unifié · رقم السجل الاجتماعي الموحد */
    val rsu: String? = null,
    /** Water: running, fountain, well, other. eau · الماء */
    val water: String? = null,
    /** Dwelling: villa, apartment, moroccan_house, basic, rural, other. logement · المسكن */
    val dwelling: String? = null,
    /** Occupancy: owner, tenant, free, other. statut d'occupation · السند */
    val occupancy: String? = null,
    /** Rooms, 0 to 10000. pièces · عدد الغرف */
    val rooms: Int? = null,
    /** Wastewater: sewer, septic, open, other. eaux usées · تصريف المياه */
    val wastewater: String? = null,
    /** Cooking: gas, wood, charcoal, electricity, other. cuisson · وقود الطبخ */
    val cooking: String? = null,
    /** Electricity. électricité · الكهرباء */
    val electricity: Boolean? = null,
    /** Distance to a paved road, 0 to 9999. distance à une route goudronnée · المسافة إلى طريق معبدة */
    @SerialName("road_km_tenths")
    val roadKmTenths: Int? = null,
    /** Head of the household. chef du ménage · رب الأسرة */
    val head: UUID? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** The languages spoken, by their codes. */
    val languages: List<String>,
    /** How many of its fields have several answers. */
    val conflicts: Int,
    /** What other software wrote beside them, as JSON, by name. */
    val extra: Map<String, String>,
) {
    override fun toString(): String = "Household($id …)"
}

/** A household, new or changed: of one that exists, only the fields that are given change. */
@Serializable
public data class HouseholdForm @JvmOverloads constructor(
    /** Commune, HCP code such as 08.201.11.07. Needed in a new one. commune · الجماعة */
    val commune: String? = null,
    /** Kind of household: sedentary, nomadic, homeless. Needed in a new one. type de ménage · نوع الأسرة */
    val status: String? = null,
    /** The languages spoken, all of them, by their codes; absent: unchanged. */
    val languages: List<String>? = null,
    /** Each member that is recorded with it. */
    val members: List<MemberForm> = emptyList(),
    /** Douar or quarter, at most 256 bytes. douar ou quartier · الدوار أو الحي */
    val douar: String? = null,
    /** Place on the map. position · الموقع على الخريطة */
    val gps: GeoPoint? = null,
    /** Telephone, such as +212612345678. téléphone · الهاتف */
    val phone: String? = null,
    /** Number in the unified social register, kept as a hash only. numéro au registre social unifié · رقم السجل الاجتماعي الموحد */
    val rsu: String? = null,
    /** Water: running, fountain, well, other. eau · الماء */
    val water: String? = null,
    /** Dwelling: villa, apartment, moroccan_house, basic, rural, other. logement · المسكن */
    val dwelling: String? = null,
    /** Occupancy: owner, tenant, free, other. statut d'occupation · السند */
    val occupancy: String? = null,
    /** Rooms, 0 to 10000. pièces · عدد الغرف */
    val rooms: Int? = null,
    /** Wastewater: sewer, septic, open, other. eaux usées · تصريف المياه */
    val wastewater: String? = null,
    /** Cooking: gas, wood, charcoal, electricity, other. cuisson · وقود الطبخ */
    val cooking: String? = null,
    /** Electricity. électricité · الكهرباء */
    val electricity: Boolean? = null,
    /** Distance to a paved road, 0 to 9999. distance à une route goudronnée · المسافة إلى طريق معبدة */
    @SerialName("road_km_tenths")
    val roadKmTenths: Int? = null,
    /** Head of the household. chef du ménage · رب الأسرة */
    val head: UUID? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** The id of one that exists, which is changed, or that another system gave; absent: it is new. */
    val id: UUID? = null,
    /** Fields to take away, by their names in lines, such as `road_km_tenths`. */
    val clear: Set<String> = emptySet(),
) : Form() {
    override val record: String get() = "household"

    override fun json(): JsonObject = formJson(serializer(), this)

    override fun toString(): String = "HouseholdForm(…)"
}

/** A member as it stands: of every field the answer that lists show. */
@Serializable
public data class Member(
    /** Its id. */
    val id: UUID,
    /** Its household. */
    val household: UUID,
    /** Name in Arabic, at most 256 bytes. nom en arabe · الاسم بالعربية */
    @SerialName("name_ar")
    val nameAr: String? = null,
    /** Name in Latin letters, at most 256 bytes. nom en lettres latines · الاسم بالحروف اللاتينية */
    @SerialName("name_latin")
    val nameLatin: String? = null,
    /** Sex: male, female, unknown. sexe · الجنس */
    val sex: String? = null,
    /** Birth: 1961-03-12, 1961, or 1961~ where it is a guess. naissance · تاريخ الميلاد */
    val birth: String? = null,
    /** Relation to the head: head, spouse, child, parent, sibling, grandchild, grandparent, in_law, kin, other. lien avec le chef · القرابة برب الأسرة */
    val relation: String? = null,
    /** Number of the national card, kept as a hash only. numéro de la carte nationale · رقم البطاقة الوطنية */
    val cin: String? = null,
    /** Civil and social digital identifier, kept as a hash only. identifiant digital civil et social · المعرف الرقمي المدني والاجتماعي */
    val idcs: String? = null,
    /** Marital status: single, married, divorced, widowed, separated, unknown. état matrimonial · الحالة العائلية */
    val marital: String? = null,
    /** Schooling: none, preschool, koranic, primary, lower_secondary, upper_secondary, vocational, higher, unknown. scolarité · التمدرس */
    val schooling: String? = null,
    /** Activity: employed, seasonal, unemployed, student, home, retired, unable, other. activité · النشاط */
    val activity: String? = null,
    /** Birth registered. naissance enregistrée · الولادة مسجلة */
    @SerialName("birth_registered")
    val birthRegistered: Boolean? = null,
    /** Disability. handicap · الإعاقة */
    val disability: Boolean? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** How many of its fields have several answers. */
    val conflicts: Int,
    /** What other software wrote beside them, as JSON, by name. */
    val extra: Map<String, String>,
) {
    override fun toString(): String = "Member($id …)"
}

/** A member, new or changed: of one that exists, only the fields that are given change. */
@Serializable
public data class MemberForm @JvmOverloads constructor(
    /** Its household. Absent inside another form. */
    val household: UUID? = null,
    /** Sex: male, female, unknown. Needed in a new one. sexe · الجنس */
    val sex: String? = null,
    /** Relation to the head: head, spouse, child, parent, sibling, grandchild, grandparent, in_law, kin, other. Needed in a new one. lien avec le chef · القرابة برب الأسرة */
    val relation: String? = null,
    /** Name in Arabic, at most 256 bytes. nom en arabe · الاسم بالعربية */
    @SerialName("name_ar")
    val nameAr: String? = null,
    /** Name in Latin letters, at most 256 bytes. nom en lettres latines · الاسم بالحروف اللاتينية */
    @SerialName("name_latin")
    val nameLatin: String? = null,
    /** Birth: 1961-03-12, 1961, or 1961~ where it is a guess. naissance · تاريخ الميلاد */
    val birth: String? = null,
    /** Number of the national card, kept as a hash only. numéro de la carte nationale · رقم البطاقة الوطنية */
    val cin: String? = null,
    /** Civil and social digital identifier, kept as a hash only. identifiant digital civil et social · المعرف الرقمي المدني والاجتماعي */
    val idcs: String? = null,
    /** Marital status: single, married, divorced, widowed, separated, unknown. état matrimonial · الحالة العائلية */
    val marital: String? = null,
    /** Schooling: none, preschool, koranic, primary, lower_secondary, upper_secondary, vocational, higher, unknown. scolarité · التمدرس */
    val schooling: String? = null,
    /** Activity: employed, seasonal, unemployed, student, home, retired, unable, other. activité · النشاط */
    val activity: String? = null,
    /** Birth registered. naissance enregistrée · الولادة مسجلة */
    @SerialName("birth_registered")
    val birthRegistered: Boolean? = null,
    /** Disability. handicap · الإعاقة */
    val disability: Boolean? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** The id of one that exists, which is changed, or that another system gave; absent: it is new. */
    val id: UUID? = null,
    /** Fields to take away, by their names in lines, such as `road_km_tenths`. */
    val clear: Set<String> = emptySet(),
) : Form() {
    override val record: String get() = "member"

    override fun json(): JsonObject = formJson(serializer(), this)

    override fun toString(): String = "MemberForm(…)"
}

/** A visit as it stands: of every field the answer that lists show. */
@Serializable
public data class Visit(
    /** Its id. */
    val id: UUID,
    /** Its household. */
    val household: UUID,
    /** Time of the visit. heure de la visite · وقت الزيارة */
    val at: Instant? = null,
    /** Source of the time: device, relay, colleague, gps, person, unknown. source de l'heure · مصدر الوقت */
    @SerialName("time_source")
    val timeSource: String? = null,
    /** Error of the time, 0 to 31536000. erreur de l'heure · خطأ الوقت */
    @SerialName("error_s")
    val errorS: Int? = null,
    /** Zone of the device, -1440 to 1440. fuseau de la tablette · المنطقة الزمنية للجهاز */
    @SerialName("offset_min")
    val offsetMin: Int? = null,
    /** Time found later. heure corrigée · الوقت بعد المقارنة */
    @SerialName("anchored_at")
    val anchoredAt: Instant? = null,
    /** Clock compared with: device, relay, colleague, gps, person, unknown. horloge de comparaison · الساعة المعتمدة للمقارنة */
    @SerialName("anchored_by")
    val anchoredBy: String? = null,
    /** Error of the time found later, 0 to 31536000. erreur de l'heure corrigée · خطأ الوقت بعد المقارنة */
    @SerialName("anchored_error_s")
    val anchoredErrorS: Int? = null,
    /** Agent, at most 64 bytes. agent · العون */
    val agent: String? = null,
    /** Kind of visit: first, follow_up, urgent, other. type de visite · نوع الزيارة */
    val kind: String? = null,
    /** Respondent: head, member, neighbour, authority, other. répondant · المجيب */
    val respondent: String? = null,
    /** Consent: given, refused, withdrawn. consentement · الموافقة */
    val consent: String? = null,
    /** Form of the consent: spoken, written, thumbprint, witnessed. forme du consentement · صيغة الموافقة */
    @SerialName("consent_mode")
    val consentMode: String? = null,
    /** Receipt of the family: paper, code, spoken, declined. reçu de la famille · وصل الأسرة */
    val receipt: String? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** How many of its fields have several answers. */
    val conflicts: Int,
    /** What other software wrote beside them, as JSON, by name. */
    val extra: Map<String, String>,
) {
    override fun toString(): String = "Visit($id …)"
}

/** A visit, new or changed: of one that exists, only the fields that are given change. */
@Serializable
public data class VisitForm @JvmOverloads constructor(
    /** Its household. */
    val household: UUID? = null,
    /** Agent, at most 64 bytes. Needed in a new one. agent · العون */
    val agent: String? = null,
    /** Kind of visit: first, follow_up, urgent, other. Needed in a new one. type de visite · نوع الزيارة */
    val kind: String? = null,
    /** Each need that is recorded with it. */
    val needs: List<NeedForm> = emptyList(),
    /** Time of the visit. heure de la visite · وقت الزيارة */
    val at: Instant? = null,
    /** Source of the time: device, relay, colleague, gps, person, unknown. source de l'heure · مصدر الوقت */
    @SerialName("time_source")
    val timeSource: String? = null,
    /** Error of the time, 0 to 31536000. erreur de l'heure · خطأ الوقت */
    @SerialName("error_s")
    val errorS: Int? = null,
    /** Zone of the device, -1440 to 1440. fuseau de la tablette · المنطقة الزمنية للجهاز */
    @SerialName("offset_min")
    val offsetMin: Int? = null,
    /** Respondent: head, member, neighbour, authority, other. répondant · المجيب */
    val respondent: String? = null,
    /** Consent: given, refused, withdrawn. consentement · الموافقة */
    val consent: String? = null,
    /** Form of the consent: spoken, written, thumbprint, witnessed. forme du consentement · صيغة الموافقة */
    @SerialName("consent_mode")
    val consentMode: String? = null,
    /** Receipt of the family: paper, code, spoken, declined. reçu de la famille · وصل الأسرة */
    val receipt: String? = null,
    /** Note, at most 16384 bytes. note · ملاحظة */
    val note: String? = null,
    /** Withdrawn. retiré · مسحوب */
    val withdrawn: Boolean? = null,
    /** The id of one that exists, which is changed, or that another system gave; absent: it is new. */
    val id: UUID? = null,
    /** Fields to take away, by their names in lines, such as `road_km_tenths`. */
    val clear: Set<String> = emptySet(),
) : Form() {
    override val record: String get() = "visit"

    override fun json(): JsonObject = formJson(serializer(), this)

    override fun toString(): String = "VisitForm(…)"
}

/** A need as it stands: of every field the answer that lists show. */
@Serializable
public data class Need(
    /** Its id. */
    val id: UUID,
    /** Its household. */
    val household: UUID,
    /** Subject of the need: food, health, water, housing, schooling, child, disability, elderly, papers, income, training, transport, other. objet du besoin · موضوع الحاجة */
    val category: String? = null,
    /** Urgency: low, medium, high. urgence · الاستعجال */
    val urgency: String? = null,
    /** Text of the need, at most 4096 bytes. texte du besoin · نص الحاجة */
    val text: String? = null,
    /** State of the need: open, in_progress, met, withdrawn. état du besoin · حالة الحاجة */
    val status: String? = null,
    /** Visit at which it was heard. visite où il a été entendu · الزيارة التي سمعت فيها */
    val visit: UUID? = null,
    /** How many of its fields have several answers. */
    val conflicts: Int,
    /** What other software wrote beside them, as JSON, by name. */
    val extra: Map<String, String>,
) {
    override fun toString(): String = "Need($id …)"
}

/** A need, new or changed: of one that exists, only the fields that are given change. */
@Serializable
public data class NeedForm @JvmOverloads constructor(
    /** Its household. Absent inside another form. */
    val household: UUID? = null,
    /** Subject of the need: food, health, water, housing, schooling, child, disability, elderly, papers, income, training, transport, other. Needed in a new one. objet du besoin · موضوع الحاجة */
    val category: String? = null,
    /** Urgency: low, medium, high. Needed in a new one. urgence · الاستعجال */
    val urgency: String? = null,
    /** Text of the need, at most 4096 bytes. texte du besoin · نص الحاجة */
    val text: String? = null,
    /** State of the need: open, in_progress, met, withdrawn. état du besoin · حالة الحاجة */
    val status: String? = null,
    /** Visit at which it was heard. visite où il a été entendu · الزيارة التي سمعت فيها */
    val visit: UUID? = null,
    /** The id of one that exists, which is changed, or that another system gave; absent: it is new. */
    val id: UUID? = null,
    /** Fields to take away, by their names in lines, such as `road_km_tenths`. */
    val clear: Set<String> = emptySet(),
) : Form() {
    override val record: String get() = "need"

    override fun json(): JsonObject = formJson(serializer(), this)

    override fun toString(): String = "NeedForm(…)"
}
