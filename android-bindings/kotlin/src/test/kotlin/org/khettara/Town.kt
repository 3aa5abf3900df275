package org.khettara

import java.io.File
import java.nio.file.Files
import java.util.UUID
import java.util.concurrent.TimeUnit
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonObject
import kotlinx.serialization.json.jsonPrimitive

/** A number and a code that headquarters gives to one worker, and the same as a QR code carries it. */
internal class Invitation(val serial: Int, val code: String, val ticket: String)

/** The real programs, as cargo built them. */
internal object Programs {
    private val folder = File(checkNotNull(System.getProperty("khettara.programs")) { "-Dkhettara.programs names cargo's folder" })

    /** Runs a program to its end and gives what it wrote; it must succeed. */
    fun run(name: String, vararg arguments: String): String {
        val errors = File.createTempFile("khettara", ".err").apply { deleteOnExit() }
        val process = ProcessBuilder(listOf(File(folder, name).path) + arguments).redirectError(errors).start()
        process.outputStream.close()
        val said = process.inputStream.readBytes().toString(Charsets.UTF_8)
        check(process.waitFor() == 0) { "$name ${arguments.first()}: $said ${errors.readText()}" }
        errors.delete()
        return said
    }

    fun start(name: String, vararg arguments: String): Process =
        ProcessBuilder(listOf(File(folder, name).path) + arguments)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()

    /** Another JVM with the classes of this one, which runs [main] of [type]. */
    fun jvm(
        type: String,
        vararg arguments: String,
        before: List<String> = emptyList(),
        options: List<String> = listOf("-Xmx128m"),
        environment: Map<String, String> = emptyMap(),
        errors: File? = null,
    ): Process {
        val java = File(System.getProperty("java.home"), "bin/java").path
        val classes = System.getProperty("surefire.test.class.path") ?: System.getProperty("java.class.path")
        val checks = listOf("-Xcheck:jni", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
        val properties = listOf("-Djava.library.path=${System.getProperty("java.library.path")}", "-Dkhettara.programs=$folder")
        val builder = ProcessBuilder(before + java + checks + options + properties + listOf("-cp", classes, type) + arguments)
        builder.environment().putAll(environment)
        return builder.redirectError(errors?.let(ProcessBuilder.Redirect::to) ?: ProcessBuilder.Redirect.DISCARD).start()
    }
}

/** An organisation with headquarters and a relay on loopback: the real programs. */
internal class Town(name: String = "Entraide Nationale, Errachidia") : AutoCloseable {
    val folder: File = Files.createTempDirectory("khettara").toFile()
    private val headquarters = File(folder, "hq").path
    private val relayFolder = File(folder, "relay").path
    private val key: String
    private var address = "127.0.0.1:0"
    private var relay: Process

    init {
        Programs.run("khettara-hq", "init", "--dir", headquarters, "--name", name)
        val made = Programs.run("khettara-relay", "init", "--dir", relayFolder, "--organisation", organisationFile.path, "--json")
        key = made.field("key")
        relay = startRelay()
        Programs.run("khettara-hq", "relay", "add", "--dir", headquarters, "--key", key, "--address", address)
        Programs.run("khettara-hq", "feed", "add", "--dir", headquarters, COMMUNE)
        pull()
    }

    val organisationFile: File get() = File(headquarters, "organisation.json")

    private fun startRelay(): Process {
        val process = Programs.start("khettara-relay", "run", "--dir", relayFolder, "--listen", address, "--json")
        address = process.inputStream.bufferedReader().readLine().field("listening")
        return process
    }

    /** The signal is gone: the relay is killed, as a power cut would. */
    fun relayDies() {
        relay.destroyForcibly().waitFor()
    }

    /** It is back, with what it had acknowledged. */
    fun relayComesBack() {
        relay = startRelay()
    }

    /** Headquarters pulls what the relay holds, and leaves its receipts there. */
    fun pull(): String = Programs.run("khettara-hq", "pull", "--dir", headquarters, "--json")

    fun invite(): Invitation {
        val said = Programs.run("khettara-hq", "invite", "--dir", headquarters, "--feeds", COMMUNE, "--json")
        pull()
        return Invitation(said.field("serial").toInt(), said.field("code"), said.field("ticket"))
    }

    /** A code that any number of tablets may take and none will ever be enrolled with: recording needs no more. */
    val ticketOfNobody: String by lazy { invite().ticket }

    fun folder(name: String): File = File(folder, name)

    /** A tablet that is enrolled and has met the relay. */
    fun tablet(name: String): BlockingTablet {
        val tablet = BlockingTablet.create(folder(name))
        tablet.enroll(invite().ticket)
        check(tablet.sync().enrolled)
        return tablet
    }

    override fun close() {
        relay.destroyForcibly().waitFor(10, TimeUnit.SECONDS)
        folder.deleteRecursively()
    }

    companion object {
        const val COMMUNE = "08.201.11.07"

        private fun String.field(name: String): String {
            val line = Json.parseToJsonElement(this) as JsonObject
            return checkNotNull(line[name]) { "no $name in what was said" }.jsonPrimitive.content
        }
    }
}

/** A folder of its own that is gone afterwards. */
internal fun <T> inFolder(work: (File) -> T): T {
    val folder = Files.createTempDirectory("khettara").toFile()
    try {
        return work(folder)
    } finally {
        folder.deleteRecursively()
    }
}

/** A family with a head and a child. */
internal fun family(name: String = "إيطو"): HouseholdForm = HouseholdForm(
    commune = Town.COMMUNE,
    status = "sedentary",
    members = listOf(
        MemberForm(sex = "female", relation = "head", nameAr = name),
        MemberForm(sex = "male", relation = "child", nameLatin = "Moha", birth = "2015"),
    ),
)

/** A visit to it. */
internal fun visitTo(household: UUID, note: String? = null): VisitForm =
    VisitForm(household = household, agent = "AS-7", kind = "follow_up", consent = "given", note = note)

/** Saves a family and gives its id. */
internal fun BlockingTablet.saveFamily(name: String = "إيطو"): UUID = save(family(name)).household

/** Why a call was refused; it must be. */
internal inline fun <reified E : KhettaraException> refused(work: () -> Unit): E {
    val error = runCatching(work).exceptionOrNull()
    return error as? E ?: throw AssertionError("${E::class.simpleName} was expected, not $error", error)
}
