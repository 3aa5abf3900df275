package org.khettara

import kotlin.test.Test
import kotlin.test.assertContains
import kotlin.test.assertEquals
import kotlin.test.assertFalse
import kotlin.test.assertTrue

/** Every script that people write here is kept letter for letter; what is no text, or too long, is refused with a reason. */
class WhatPeopleWriteTest {
    @Test
    fun `Arabic, Tifinagh and emoji come back as they were written`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val notes = listOf("السقف يتسرب منه الماء — ٣ أطفال", "ⴰⵎⴰⵏ ⵓⵔ ⵍⵍⵉⵏ", "👩🏽‍🌾🌴 ok", "a\"b\\c\n\td", "e\u0301é\u200d")
                val family = tablet.saveFamily("ⵉⵟⵟⵓ إيطو")
                val ids = notes.map { tablet.save(visitTo(family, it)).records.single().id }
                val view = tablet.household(family)
                assertEquals(notes, ids.map { id -> view.visits.single { it.id == id }.note })
                assertContains(view.members.map { it.nameAr }, "ⵉⵟⵟⵓ إيطو")
                assertEquals("ⵉⵟⵟⵓ إيطو", tablet.households().rows.single().name)
            }
        }
    }

    @Test
    fun `half a character is refused with its field, and the rest of the form waits for the person`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val family = tablet.saveFamily()
                for (half in listOf("a\ud83d", "\ude00b", "\ud83d\ud83d\ude00", "\ude00\ud83d")) {
                    val error = refused<KhettaraException.Invalid> { tablet.save(visitTo(family, half)) }
                    assertEquals(listOf("half_a_character", "note"), listOf(error.code, error.field))
                    val inside = refused<KhettaraException.Invalid> { tablet.save(family(half)) }
                    assertEquals("members[0].name_ar", inside.field)
                }
                val record = RecordForm("link").with("note", "\ud83d")
                assertEquals("half_a_character", refused<KhettaraException.Invalid> { tablet.save(record) }.code)
                assertEquals(0, tablet.visits().size)
            }
        }
    }

    @Test
    fun `a note of 16 KiB is kept and one of 64 KiB is refused with its size, whatever the letters`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val family = tablet.saveFamily()
                for (letter in listOf("a", "ب", "ⴰ", "🌴")) {
                    val bytes = letter.toByteArray().size
                    val note = letter.repeat(16_384 / bytes)
                    val id = tablet.save(visitTo(family, note)).records.single().id
                    assertEquals(note, tablet.household(family).visits.single { it.id == id }.note)
                    val long = letter.repeat(65_536 / bytes)
                    val error = refused<KhettaraException.Invalid> { tablet.save(visitTo(family, long)) }
                    assertEquals("note", error.field)
                    assertContains(error.sentence(Tongue.EN), "16384")
                }
                assertEquals(4, tablet.visits().size)
            }
        }
    }

    @Test
    fun `other kinds of records are written by their fields and read back`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val (first, second) = listOf(tablet.saveFamily(), tablet.saveFamily())
                val link = RecordForm("link").with("household", first.toString()).with("kind", "same_as").with("to", second.toString())
                tablet.save(link)
                val held = tablet.household(first).records.single()
                assertEquals("link", held.record)
                assertEquals(Value.Text(second.toString()), held.fields["to"])
                tablet.save(HouseholdForm(id = first, electricity = true, rooms = 3))
                tablet.save(HouseholdForm(id = first, clear = setOf("rooms")))
                val household = tablet.household(first).household
                assertEquals(listOf<Any?>(true, null), listOf(household.electricity, household.rooms))
                val both = HouseholdForm(id = first, rooms = 2, clear = setOf("rooms"))
                val twice = refused<KhettaraException.Invalid> { tablet.save(both) }
                assertEquals(listOf("repeated", "rooms"), listOf(twice.code, twice.field))
                val bad = RecordForm("household", mapOf("gps" to Value.Other("[half")), first)
                assertEquals("not_json", refused<KhettaraException.Invalid> { tablet.save(bad) }.code)
                tablet.save(RecordForm("household").of(first).with("road_km_tenths", 12L).without("electricity"))
                assertEquals(12, tablet.household(first).household.roadKmTenths)
                val kinds = BlockingTablet.kinds().associateBy { it.record }
                val water = kinds.getValue("household").fields.single { it.name == "water" }
                assertContains(water.codes.map { it.code }, "well")
                assertEquals(FieldType.CODE, water.fieldType)
                val rooms = kinds.getValue("household").fields.single { it.name == "rooms" }
                assertEquals(FieldType.WHOLE, rooms.fieldType)
                assertTrue(rooms.min!! < rooms.max!!)
                assertFalse(kinds.getValue("visit").fields.single { it.name == "at" }.needed)
                assertEquals("visite", kinds.getValue("visit").words.fr)
                assertEquals("ماء", water.words.ar.removePrefix("ال"))
            }
        }
    }

    @Test
    fun `what is printed of forms and records tells nothing of people`() {
        Town().use { town ->
            town.tablet("amina").use { tablet ->
                val (secret, form) = "خدوج" to family("خدوج").copy(phone = "+212661234567", douar = "Secret")
                val id = tablet.save(form).household
                tablet.save(visitTo(id, secret))
                val record = RecordForm("link").with("household", id.toString()).with("kind", "same_as").with("to", id.toString())
                val own = refused<KhettaraException.Invalid> { tablet.save(record.with("note", secret)) }
                val view = tablet.household(id)
                val told = listOf(form, form.members, visitTo(id, secret), record.with("note", secret), Value.Text(secret), own) +
                    listOf(view, view.household, view.members, view.visits, tablet.households(), tablet.households().rows)
                for (printed in told.map { it.toString() }) {
                    for (word in listOf(secret, "661234567", "Secret", "Moha")) assertFalse(printed.contains(word), printed)
                }
                assertContains(view.household.toString(), id.toString())
            }
        }
    }
}
