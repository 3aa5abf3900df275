package org.khettara

import java.io.File

internal object Example {
    // The text between the marks stands in README.md.
    // <example>
    suspend fun aMorning(folder: File, code: String) {
        Tablet.create(folder).use { tablet ->
            tablet.enroll(code)
            val mother = MemberForm(nameAr = "إيطو", sex = "female", relation = "head")
            val family = tablet.save(HouseholdForm("08.201.11.07", "sedentary", members = listOf(mother))).household
            val need = NeedForm(category = "water", urgency = "high", text = "الماء بعيد")
            tablet.save(VisitForm(family, agent = "AS-7", kind = "first", consent = "given", needs = listOf(need)))
            tablet.sync().collect { event ->
                when (event) {
                    is SyncEvent.Progress -> println("${event.progress.sent} of ${event.progress.toSend} visits")
                    is SyncEvent.Finished -> println("${event.report.left} visits left")
                }
            }
            tablet.visits().forEach { println(it.words.inTongue(Tongue.FR)) }
        }
    }
    // </example>
}
