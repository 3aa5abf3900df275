package org.khettara

import java.time.Instant
import java.time.format.DateTimeParseException
import java.time.temporal.ChronoUnit
import java.util.UUID
import kotlinx.serialization.KSerializer
import kotlinx.serialization.Serializable
import kotlinx.serialization.SerializationException
import kotlinx.serialization.SerialName
import kotlinx.serialization.descriptors.PrimitiveKind
import kotlinx.serialization.descriptors.PrimitiveSerialDescriptor
import kotlinx.serialization.descriptors.SerialDescriptor
import kotlinx.serialization.encoding.Decoder
import kotlinx.serialization.encoding.Encoder

/** A place on the map, as a receiver of satellites gives it. */
@Serializable
public data class GeoPoint(
    /** Latitude, in hundred-thousandths of a degree. */
    @SerialName("lat_e5")
    val latE5: Int,
    /** Longitude, in hundred-thousandths of a degree. */
    @SerialName("lon_e5")
    val lonE5: Int,
    /** How far this may be wrong, in metres. */
    @SerialName("accuracy_m")
    val accuracyM: Int? = null,
)

internal object UuidSerializer : KSerializer<UUID> {
    override val descriptor: SerialDescriptor = PrimitiveSerialDescriptor("java.util.UUID", PrimitiveKind.STRING)

    override fun serialize(encoder: Encoder, value: UUID): Unit = encoder.encodeString(value.toString())

    override fun deserialize(decoder: Decoder): UUID = try {
        UUID.fromString(decoder.decodeString())
    } catch (error: IllegalArgumentException) {
        throw SerializationException("not a uuid", error)
    }
}

/** Times have whole seconds. */
internal object InstantSerializer : KSerializer<Instant> {
    override val descriptor: SerialDescriptor = PrimitiveSerialDescriptor("java.time.Instant", PrimitiveKind.STRING)

    override fun serialize(encoder: Encoder, value: Instant): Unit =
        encoder.encodeString(value.truncatedTo(ChronoUnit.SECONDS).toString())

    override fun deserialize(decoder: Decoder): Instant = try {
        Instant.parse(decoder.decodeString())
    } catch (error: DateTimeParseException) {
        throw SerializationException("not a time", error)
    }
}
