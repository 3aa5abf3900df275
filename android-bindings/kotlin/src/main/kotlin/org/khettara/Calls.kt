package org.khettara

import kotlinx.serialization.DeserializationStrategy
import kotlinx.serialization.SerializationException
import kotlinx.serialization.builtins.ListSerializer
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.JsonNull
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.JsonObjectBuilder
import kotlinx.serialization.json.buildJsonObject
import kotlinx.serialization.json.put

/** The version of the encoding: the first byte of every request and of every reply. */
internal const val ENCODING: Byte = 1

/** Newer native libraries may say more than this library knows. */
internal val WIRE: Json = Json {
    ignoreUnknownKeys = true
    explicitNulls = true
    encodeDefaults = false
}

/** Requests made and replies read: the encoding, and nothing of what is asked. */
internal class Calls(private val door: Door) {
    fun isOpen(handle: Long): Boolean = door.isOpen(handle)

    fun close(handle: Long) {
        read(door.close(handle))
    }

    fun <T> call(handle: Long, name: String, reply: DeserializationStrategy<T>, arguments: JsonObjectBuilder.() -> Unit = {}): T {
        val said = ask(handle, name, arguments)
        return try {
            WIRE.decodeFromJsonElement(reply, said)
        } catch (error: SerializationException) {
            throw otherEncoding(error)
        }
    }

    fun tell(handle: Long, name: String, arguments: JsonObjectBuilder.() -> Unit = {}) {
        ask(handle, name, arguments)
    }

    private fun ask(handle: Long, name: String, arguments: JsonObjectBuilder.() -> Unit): JsonElement {
        val request = buildJsonObject {
            put("call", name)
            arguments()
        }
        return read(door.call(handle, request(request)))
    }

    private fun read(reply: ByteArray): JsonElement {
        if (reply.isEmpty() || reply[0] != ENCODING) throw otherEncoding(null)
        val envelope = try {
            WIRE.parseToJsonElement(String(reply, 1, reply.size - 1, Charsets.UTF_8)) as? JsonObject
        } catch (error: SerializationException) {
            throw otherEncoding(error)
        } ?: throw otherEncoding(null)
        envelope["trouble"]?.let { trouble -> throw KhettaraException.of(WIRE.decodeFromJsonElement(Trouble.serializer(), trouble)) }
        return envelope["ok"] ?: JsonNull
    }

    internal companion object {
        /** The bytes of a request. */
        fun request(request: JsonObject): ByteArray {
            val body = WIRE.encodeToString(JsonObject.serializer(), request).toByteArray(Charsets.UTF_8)
            val bytes = ByteArray(body.size + 1)
            bytes[0] = ENCODING
            body.copyInto(bytes, 1)
            return bytes
        }

        private fun otherEncoding(cause: Throwable?): KhettaraException = KhettaraException.Bug(
            Trouble(
                ErrorKind.BUG,
                "other_encoding",
                null,
                Words(
                    ar = "جزءا البرنامج من إصدارين مختلفين؛ كل ما حُفظ باقٍ؛ أعيدوا تثبيت البرنامج.",
                    fr = "Les deux moitiés du programme sont de versions différentes ; tout ce qui a été enregistré est " +
                        "conservé ; réinstallez le programme.",
                    en = "The two halves of the program are of different versions; everything saved is kept; install it again.",
                ),
            ),
            cause,
        )
    }
}

internal val ROWS = ListSerializer(ListRow.serializer())
internal val CONFLICTS = ListSerializer(Conflict.serializer())
internal val VISITS = ListSerializer(VisitStatus.serializer())
internal val KINDS = ListSerializer(Kind.serializer())
