// Reads a calendar from standard input with ical.js and prints its events as JSON, times in UTC.
import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) {
  ICAL.TimezoneService.register(new ICAL.Timezone(zone));
}
const plain = (time) => (time.isDate ? time.toString() : new Date(time.toUnixTime() * 1000).toISOString().replace(".000Z", "Z"));
const seen = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  return {
    uid: event.uid,
    starts: plain(event.startDate),
    ends: plain(event.endDate),
    status: component.getFirstPropertyValue("status"),
    summary: event.summary,
  };
});
process.stdout.write(JSON.stringify(seen));
