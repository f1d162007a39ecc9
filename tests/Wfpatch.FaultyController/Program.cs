// SPDX-License-Identifier: Apache-2.0
// A controller that kills itself with SIGKILL before its N-th change of the target:
//   faulty COMMAND... N [LIMIT]...
// COMMAND and LIMIT are what ControllerCommand takes. Prints the outcome and the number of changes when it was not killed.
using System.Diagnostics;
using System.Globalization;
using Wfpatch.Live.Linux;
using Wfpatch.Testing.Faults;

int first = ControllerCommand.CountOfFirst(args[0]);
int at = int.Parse(args[first], CultureInfo.InvariantCulture);
var linux = new FaultyLinux(new NativeLinux(), (number, _) =>
{
    if (number == at)
    {
        Process.GetCurrentProcess().Kill();
        Thread.Sleep(Timeout.Infinite);
    }
    return Errno.Success;
});
var report = ControllerCommand.Run(linux, [.. args[..first], .. args[(first + 1)..]]);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{report.Outcome} {linux.Changes} {report.Message} {string.Join("; ", report.Refusals)}"));
return 0;
