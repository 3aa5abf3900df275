package org.khettara

import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** Two workers change one family's telephone without meeting. Both see both answers; one decides; both have the decision. */
class TwoTabletsEditOneHouseholdTest {
    @Test
    fun `both see the conflict, one resolves it, and both agree`() {
        Town().use { town ->
            town.tablet("amina").use { amina ->
                town.tablet("brahim").use { brahim ->
                    val family = amina.saveFamily()
                    amina.sync()
                    brahim.sync()
                    amina.save(HouseholdForm(id = family, phone = "+212661000001"))
                    brahim.save(HouseholdForm(id = family, phone = "+212661000002"))
                    amina.sync()
                    brahim.sync()
                    amina.sync()
                    for (tablet in listOf(amina, brahim)) {
                        val conflict = tablet.conflicts().single()
                        assertEquals(family, conflict.household)
                        assertEquals(setOf("+212661000001", "+212661000002"), conflict.sides.map { it.text }.toSet())
                        assertEquals(1, conflict.sides.count { it.shown })
                        assertEquals(1, conflict.sides.count { it.writer.me })
                        assertTrue(conflict.sides.all { it.writer.serial != null })
                        assertEquals(1, tablet.household(family).household.conflicts)
                        for (tongue in Tongue.values()) assertTrue(conflict.sentence.inTongue(tongue).contains("+212661000001"))
                    }
                    val conflict = brahim.conflicts().single()
                    brahim.keep(conflict, conflict.sides.indexOfFirst { !it.shown })
                    brahim.sync()
                    amina.sync()
                    assertTrue(amina.conflicts().isEmpty() && brahim.conflicts().isEmpty())
                    val kept = conflict.sides.single { !it.shown }.text
                    assertEquals(listOf(kept, kept), listOf(amina, brahim).map { it.household(family).household.phone })
                    val gone = refused<KhettaraException.Invalid> { amina.keep(conflict, 0) }
                    assertEquals("no_such_conflict", gone.code)
                }
            }
        }
    }

    @Test
    fun `another value than either side may be the decision`() {
        Town().use { town ->
            town.tablet("amina").use { amina ->
                town.tablet("brahim").use { brahim ->
                    val family = amina.saveFamily()
                    amina.sync()
                    brahim.sync()
                    amina.save(HouseholdForm(id = family, rooms = 2))
                    brahim.save(HouseholdForm(id = family, rooms = 3))
                    brahim.sync()
                    amina.sync()
                    amina.answer(amina.conflicts().single(), Value.Whole(4))
                    assertEquals(4, amina.household(family).household.rooms)
                    assertTrue(amina.conflicts().isEmpty())
                    amina.sync()
                    brahim.sync()
                    amina.save(HouseholdForm(id = family, water = "well"))
                    brahim.save(HouseholdForm(id = family, water = "fountain"))
                    brahim.sync()
                    amina.sync()
                    brahim.sync()
                    // Both decide this one, each otherwise: it is shown again.
                    val water = amina.conflicts().single()
                    assertEquals(setOf("well", "fountain"), water.sides.map { it.text }.toSet())
                    assertTrue(water.sides.all { it.words.fr != it.text && it.words.ar != it.words.fr })
                    amina.keep(water, water.sides.indexOfFirst { it.shown })
                    brahim.keep(water, water.sides.indexOfFirst { !it.shown })
                    amina.sync()
                    brahim.sync()
                    amina.sync()
                    for (tablet in listOf(amina, brahim)) {
                        val again = tablet.conflicts().single()
                        assertEquals(setOf("well", "fountain"), again.sides.map { it.text }.toSet())
                    }
                }
            }
        }
    }
}
