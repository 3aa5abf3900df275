package org.khettara

import java.io.DataInputStream
import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** The class files are such as Android's tools take, and everything public says what it is. */
class WhatIsShippedTest {
    private val classes = File("target/classes").walk().filter { it.extension == "class" }.toList()

    /** Tags of a class file's constants; the format is that of the JVM's specification, chapter 4.4. */
    private fun tags(file: File): Pair<Int, List<Int>> = DataInputStream(file.inputStream().buffered()).use { input ->
        assertEquals(0xCAFEBABE.toInt(), input.readInt(), file.name)
        input.readUnsignedShort()
        val version = input.readUnsignedShort()
        val count = input.readUnsignedShort()
        val tags = ArrayList<Int>()
        while (tags.size < count - 1) {
            val tag = input.readUnsignedByte()
            tags.add(tag)
            when (tag) {
                1 -> input.skipFully(input.readUnsignedShort())
                3, 4, 9, 10, 11, 12, 17, 18 -> input.skipFully(4)
                5, 6 -> { input.skipFully(8); tags.add(0) }
                7, 8, 16, 19, 20 -> input.skipFully(2)
                15 -> input.skipFully(3)
                else -> error("${file.name} has a constant of kind $tag")
            }
        }
        version to tags
    }

    private fun DataInputStream.skipFully(bytes: Int) = readFully(ByteArray(bytes))

    @Test
    fun `class files are those of Java 8, without invokedynamic`() {
        assertTrue(classes.size > 50, "${classes.size} class files")
        for (file in classes) {
            val (version, tags) = tags(file)
            assertEquals(52, version, file.name)
            assertTrue(tags.none { it in listOf(15, 16, 17, 18) }, "${file.name} has method handles or invokedynamic")
        }
    }

    @Test
    fun `an Android tool turns them into its own format for Android 8`() = inFolder { folder ->
        val output = File(folder, "classes.dex")
        val arguments = arrayOf("--dex", "--min-sdk-version=26", "--output=${output.path}", "target/classes")
        val process = Programs.jvm("com.android.dx.command.Main", *arguments, errors = File(folder, "errors"))
        assertEquals(0, process.waitFor(), File(folder, "errors").readText())
        assertEquals("dex\n", output.inputStream().use { input -> ByteArray(4).also { input.read(it) } }.toString(Charsets.US_ASCII))
    }

    @Test
    fun `everything public has a comment that says what it is`() {
        val files = File("src/main/kotlin").walk().filter { it.extension == "kt" }.toList()
        val silent = files.flatMap { file ->
            val lines = file.readLines()
            lines.indices.filter { saysNothing(lines, it) }.map { "${file.name}:${it + 1} ${lines[it].trim()}" }
        }
        assertTrue(files.size >= 10)
        assertEquals(emptyList(), silent)
    }

    private val declaration = Regex("""^\s*(public |val \w+: |override val record: String,)""")

    private fun saysNothing(lines: List<String>, place: Int): Boolean {
        val line = lines[place]
        if (!declaration.containsMatchIn(line) || line.contains("override ") || line.contains("companion object")) return false
        // A local value stands behind no comma and is no parameter of a class.
        if (line.trim().startsWith("val ") && !line.trim().endsWith(",")) return false
        var above = place - 1
        while (above >= 0 && lines[above].trim().startsWith("@")) above--
        return !lines[above].trim().endsWith("*/")
    }
}
