package org.khettara;

import java.io.File;
import java.util.UUID;

/** What an application in Java writes. */
final class FromJava {
    private FromJava() {}

    /** Records a family and a visit, and says what the last line of the screen says. */
    static String work(File folder, String ticket) {
        try (BlockingTablet tablet = BlockingTablet.create(folder)) {
            tablet.enroll(ticket);
            UUID family = tablet.save(new HouseholdForm(Town.COMMUNE, "sedentary")).getHousehold();
            tablet.save(new RecordForm("visit").with("household", family.toString()).with("agent", "AS-7").with("kind", "first"));
            SyncReport report = tablet.sync(progress -> { });
            Page page = tablet.households();
            return report.getSent() + " sent, " + page.getRows().size() + " family, " + tablet.visits().get(0).getWords().getEn();
        }
    }

    /** What Kotlin does not let through. */
    static byte[] callWithNothing(long handle) {
        return Native.INSTANCE.call(handle, null);
    }
}
