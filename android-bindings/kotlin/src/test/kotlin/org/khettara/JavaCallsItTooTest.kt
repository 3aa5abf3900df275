package org.khettara

import java.io.File
import kotlin.test.Test
import kotlin.test.assertEquals
import kotlin.test.assertFailsWith
import kotlin.test.assertTrue

/** An application in Java uses the same tablet; what is null is an exception, here and below. */
class JavaCallsItTooTest {
    @Test
    fun `Java records and syncs`() {
        Town().use { town ->
            val said = FromJava.work(town.folder("amina"), town.invite().ticket)
            assertEquals("1 sent, 1 family, Delivered", said)
        }
    }

    @Test
    fun `null is an exception, not a crash`() {
        assertTrue(FromJava.callWithNothing(0).toString(Charsets.UTF_8).contains("not_understood"))
        val open = BlockingTablet::class.java.getMethod("open", File::class.java)
        val error = assertFailsWith<java.lang.reflect.InvocationTargetException> { open.invoke(null, null) }
        assertTrue(error.targetException is NullPointerException)
    }
}
