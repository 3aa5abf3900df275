package org.khettara

import java.time.Instant
import java.time.temporal.ChronoUnit
import java.util.UUID
import kotlinx.serialization.SerializationStrategy
import kotlinx.serialization.json.JsonArray
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonPrimitive

/** What one save writes: all of it, or nothing. */
public sealed class Form {
    /** What it is, by its word in docs/RECORDS.md. */
    public abstract val record: String

    /** As it travels. */
    internal abstract fun json(): JsonObject
}

/**
 * A record of any kind, its fields by name: a referral, a service point, a link between two families…
 *
 * An entry in a household's document names it in a field `household`.
 */
public data class RecordForm @JvmOverloads constructor(
    override val record: String,
    /** The fields to write, by name. */
    val fields: Map<String, Value> = emptyMap(),
    /** The id of one that exists, or an imported one; absent: it is new. */
    val id: UUID? = null,
    /** Fields to take away, by name. */
    val clear: Set<String> = emptySet(),
) : Form() {
    /** The same of a record that exists, or that another system gave an id. */
    public fun of(id: UUID): RecordForm = copy(id = id)

    /** The same with one more field to take away. */
    public fun without(field: String): RecordForm = copy(clear = clear + field)

    /** The same with one more record that it names. */
    public fun with(field: String, record: UUID): RecordForm = with(field, record.toString())

    /** The same with one more time, to the second. */
    public fun with(field: String, time: Instant): RecordForm =
        with(field, time.truncatedTo(ChronoUnit.SECONDS).toString())

    /** The same with one more field of text, a code, an id, a date or a time. */
    public fun with(field: String, text: String): RecordForm = copy(fields = fields + (field to Value.Text(text)))

    /** The same with one more whole number. */
    public fun with(field: String, number: Long): RecordForm = copy(fields = fields + (field to Value.Whole(number)))

    /** The same with one more yes or no. */
    public fun with(field: String, flag: Boolean): RecordForm = copy(fields = fields + (field to Value.Flag(flag)))

    override fun toString(): String = "RecordForm($record …)"

    override fun json(): JsonObject {
        val all = LinkedHashMap<String, JsonElement>()
        all["record"] = JsonPrimitive(record)
        id?.let { all["id"] = JsonPrimitive(it.toString()) }
        fields.forEach { (name, value) -> all[name] = ValueSerializer.element(value) }
        if (clear.isNotEmpty()) all["clear"] = JsonArray(clear.map { JsonPrimitive(it) })
        return checked(JsonObject(all))
    }
}

/** A form of a class of its own, with the word of its record. */
internal fun <T : Form> formJson(serializer: SerializationStrategy<T>, form: T): JsonObject {
    val fields = WIRE.encodeToJsonElement(serializer, form) as JsonObject
    return checked(JsonObject(mapOf<String, JsonElement>("record" to JsonPrimitive(form.record)) + fields))
}

/** Half a character would be another one in the record: it is refused, and the person types it again. */
private fun checked(form: JsonObject): JsonObject {
    // Paths are only made for the form that has one.
    if (!isWhole(form)) check(form, "")
    return form
}

private fun isWhole(element: JsonElement): Boolean = when (element) {
    is JsonObject -> element.values.all(::isWhole)
    is JsonArray -> element.all(::isWhole)
    is JsonPrimitive -> !element.isString || halfAt(element.content) == null
}

private fun check(element: JsonElement, path: String) {
    when (element) {
        is JsonObject -> element.forEach { (name, held) -> check(held, if (path.isEmpty()) name else "$path.$name") }
        is JsonArray -> element.forEachIndexed { place, held -> check(held, "$path[$place]") }
        is JsonNull -> Unit
        is JsonPrimitive -> if (element.isString) whole(element.content, path)
    }
}

/** [text], where every half of a character stands beside its other half. */
internal fun whole(text: String, field: String): String {
    halfAt(text)?.let { throw halfACharacter(field, it) }
    return text
}

/** Where half a character stands alone. */
private fun halfAt(text: String): Int? {
    var place = 0
    while (place < text.length) {
        val letter = text[place]
        val isPair = letter.isHighSurrogate() && place + 1 < text.length && text[place + 1].isLowSurrogate()
        if (letter.isSurrogate() && !isPair) return place
        place += if (isPair) 2 else 1
    }
    return null
}

private fun halfACharacter(field: String, place: Int): KhettaraException = KhettaraException.Invalid(
    Trouble(
        ErrorKind.INVALID,
        "half_a_character",
        field,
        Words(
            ar = "في النص نصف رمز عند الموضع ${place + 1}؛ لم تُحفظ هذه الاستمارة وكل ما حُفظ من قبل باقٍ؛ امسحوا الرمز واكتبوه من جديد.",
            fr = "Le texte contient la moitié d'un caractère à la place ${place + 1} ; ce formulaire n'est pas enregistré, tout " +
                "ce qui l'était est conservé ; effacez le caractère et tapez-le de nouveau.",
            en = "The text holds half a character at place ${place + 1}; this form was not saved, everything saved before is " +
                "kept; delete the character and type it again.",
        ),
    ),
)
