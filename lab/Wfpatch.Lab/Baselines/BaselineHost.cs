// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Patches;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Targets;

namespace Wfpatch.Lab.Baselines;

/// <summary>
/// A process that patches by baselines as it is told, line by line: `apply stop 1000` (verb, kind, limit in milliseconds); its answer is a <see cref="BaselineReport"/> in
/// one line. A process of its own, since the one with the load must not wait for it; and one that stays, which costs less than the start of a program for each patch.
/// </summary>
internal static class BaselineHost
{
    internal static int Run(int process, string patchFile, TextReader input, TextWriter output)
    {
        if (PatchReader.Decode(File.ReadAllBytes(patchFile), Path.GetFileName(patchFile)).Patch is not { } patch)
        {
            throw new InvalidDataException($"{patchFile} is no patch");
        }
        return TracerThread.Run(() =>
        {
            using Target target = Target.Open(new NativeLinux(), process);
            target.OpenForWriting();
            BaselineController controller = new(target, patch.Id);
            while (input.ReadLine() is { } line)
            {
                output.WriteLine(Obey(controller, line).ToJson());
                output.Flush();
            }
            return 0;
        });
    }

    private static BaselineReport Obey(BaselineController controller, string line)
    {
        string[] words = line.Split(' ');
        BaselineKind kind = Enum.Parse<BaselineKind>(words[1], ignoreCase: true);
        TimeSpan limit = TimeSpan.FromMilliseconds(int.Parse(words[2], CultureInfo.InvariantCulture));
        try
        {
            return words[0] == "apply" ? controller.Apply(kind, limit) : controller.Revert(kind, limit);
        }
        catch (Exception problem) when (problem is InvalidOperationException or TargetAccessException)
        {
            return BaselineReport.Impossible(problem.Message);
        }
    }
}
