// SPDX-License-Identifier: Apache-2.0
// A controller that kills itself with SIGKILL before its N-th change of the target:
//   faulty (apply PATCH | canary PATCH | replace PATCH | advance | revert) PID PROFILE POLICY N [SECONDS | CONSISTENCY]
// `canary` tries the patch on two threads, `replace` lets it replace all others. SECONDS: how long it waits for threads.
// Prints the number of changes when it was not killed.
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Profiles;
using Wfpatch.Testing.Faults;

bool apply = args[0] is "apply" or "canary" or "replace";
var rest = args.AsSpan(apply ? 2 : 1).ToArray();
int pid = int.Parse(rest[0], CultureInfo.InvariantCulture);
var profile = ShippedProfiles.Find(rest[1]).Profile ?? throw new ArgumentException($"no profile {rest[1]}");
int seconds = 20;
bool isTimed = rest.Length > 4 && int.TryParse(rest[4], CultureInfo.InvariantCulture, out seconds);
seconds = isTimed ? seconds : 20;
var options = new TransitionOptions(Enum.Parse<Policy>(rest[2]), profile, TimeSpan.FromSeconds(seconds)) {
    Canary = args[0] == "canary" ? CanaryChoice.Any(2) : null,
    Replaces = args[0] == "replace",
    Consistency = isTimed || rest.Length <= 4 ? null : Enum.Parse<Consistency>(rest[4]),
    // A thread of the test target is always outside sooner or later; how soon is the machine's affair.
    MaxWait = TimeSpan.FromSeconds(2),
};
var linux = new FaultyLinux(new NativeLinux(), int.Parse(rest[3], CultureInfo.InvariantCulture), () =>
{
    Process.GetCurrentProcess().Kill();
    Thread.Sleep(Timeout.Infinite);
});
var commands = new Commands(linux);
var report = apply
    ? commands.Apply(pid, PatchReader.Decode(File.ReadAllBytes(args[1]), args[1]).Patch ?? throw new ArgumentException($"no patch {args[1]}"), options)
    : args[0] == "advance" ? commands.Advance(pid, options) : commands.Revert(pid, null, options);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Outcome} {linux.Changes} {report.Message}"));
return 0;
