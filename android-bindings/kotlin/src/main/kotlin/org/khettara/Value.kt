package org.khettara

import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder
import kotlinx.serialization.json.JsonDecoder
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonEncoder
import kotlinx.serialization.json.JsonPrimitive
import kotlinx.serialization.json.booleanOrNull
import kotlinx.serialization.json.longOrNull

/** The value of a field that has no property of its own. Its `toString` does not say it, so that no log does. */
@Serializable(with = ValueSerializer::class)
public sealed class Value {
    final override fun toString(): String = "Value(…)"

    /** Text, a code, an id, a date or a time. */
    public data class Text(
        /** As a form would give it. */
        val text: String,
    ) : Value()

    /** A whole number. */
    public data class Whole(
        /** The number. */
        val number: Long,
    ) : Value()

    /** Yes or no. */
    public data class Flag(
        /** Whether yes. */
        val flag: Boolean,
    ) : Value()

    /** Something with parts: a place on the map, several codes, or what newer software wrote. */
    public data class Other(
        /** As JSON. */
        val json: String,
    ) : Value()
}

internal object ValueSerializer : KSerializer<Value> {
    private val elements = JsonElement.serializer()

    override val descriptor: SerialDescriptor = elements.descriptor

    override fun deserialize(decoder: Decoder): Value {
        val element = (decoder as JsonDecoder).decodeJsonElement()
        val other = Value.Other(element.toString())
        if (element !is JsonPrimitive) return other
        if (element.isString) return Value.Text(element.content)
        element.booleanOrNull?.let { return Value.Flag(it) }
        return element.longOrNull?.let { Value.Whole(it) } ?: other
    }

    override fun serialize(encoder: Encoder, value: Value) {
        (encoder as JsonEncoder).encodeJsonElement(element(value))
    }

    fun element(value: Value): JsonElement = when (value) {
        is Value.Text -> JsonPrimitive(whole(value.text, "value"))
        is Value.Whole -> JsonPrimitive(value.number)
        is Value.Flag -> JsonPrimitive(value.flag)
        is Value.Other -> try {
            WIRE.parseToJsonElement(value.json)
        } catch (error: SerializationException) {
            throw notJson(error)
        }
    }

    private fun notJson(cause: Throwable): KhettaraException = KhettaraException.Invalid(
        Trouble(
            ErrorKind.INVALID,
            "not_json",
            null,
            Words(
                ar = "قيمة مركبة ليست مكتوبة كما يجب؛ لم تُحفظ هذه الاستمارة وكل ما حُفظ من قبل باقٍ؛ أبلغوا من كتب التطبيق.",
                fr = "Une valeur composée n'est pas bien écrite ; ce formulaire n'est pas enregistré, tout ce qui l'était est " +
                    "conservé ; prévenez les auteurs de l'application.",
                en = "A value with parts is not written as JSON; this form was not saved, everything saved before is kept; " +
                    "tell those who wrote the application.",
            ),
        ),
        cause,
    )
}
