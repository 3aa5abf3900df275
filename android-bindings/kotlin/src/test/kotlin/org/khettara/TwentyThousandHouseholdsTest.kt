package org.khettara

import java.io.File
import java.util.UUID
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertTrue

/** A province's households are listed page by page: each once, in order, whatever the size of the page. */
class TwentyThousandHouseholdsTest {
    @Test
    fun `twenty thousand households are listed page by page, each once`() {
        Town().use { town ->
            val folder = town.folder("amina")
            BlockingTablet.create(folder).use { it.enroll(town.invite().ticket) }
            val lines = File(town.folder, "lines")
            lines.bufferedWriter().use { out ->
                repeat(HOUSEHOLDS) { place ->
                    out.write("""{"record":"household","commune":"${Town.COMMUNE}","status":"sedentary","members":[{"name_latin":"F$place","sex":"female","relation":"head"}]}""")
                    out.newLine()
                }
            }
            Programs.run("khettara", "import", "--dir", folder.path, lines.path)
            BlockingTablet.open(folder).use { tablet ->
                for (limit in listOf(BlockingTablet.PAGE_ROWS, 500)) {
                    val seen = ArrayList<UUID>(HOUSEHOLDS)
                    var after: Cursor? = null
                    do {
                        val page = tablet.households(after, limit)
                        assertTrue(page.rows.size == limit || page.next == null)
                        page.rows.mapTo(seen) { it.id }
                        after = page.next
                    } while (after != null)
                    assertEquals(HOUSEHOLDS, seen.toSet().size)
                    assertEquals(HOUSEHOLDS, seen.size)
                    assertEquals(seen.map { it.toString() }.sorted(), seen.map { it.toString() })
                }
                for (limit in listOf(0, -1, 501)) refused<KhettaraException.Invalid> { tablet.households(null, limit) }
                assertEquals(HOUSEHOLDS.toLong(), tablet.status().households)
            }
        }
    }

    private companion object {
        const val HOUSEHOLDS = 20_000
    }
}
