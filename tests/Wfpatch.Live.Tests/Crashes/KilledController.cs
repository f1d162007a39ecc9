// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Testing;
using Wfpatch.Testing.Faults;
using Wfpatch.Testing.Processes;
using Xunit;

namespace Wfpatch.Live.Tests.Crashes;

/// <summary>A controller in a process of its own that kills itself before its N-th change of the target: what `./wf test` left at out/faulty, compiled ahead
/// of time; or where that is missing or older, the same that comes with these tests, which takes many times as long to start.</summary>
internal static class KilledController
{
    private static readonly CommandLine Controller = Find();

    /// <summary>Runs a command, which must be killed before that change, or end in one of these ways where it makes fewer.</summary>
    /// <param name="command">As ControllerCommand takes it.</param>
    /// <returns>Whether it was killed. Where it was not, there is no such change any more.</returns>
    public static async Task<bool> RunAsync(int step, ImmutableArray<string> command, params ImmutableArray<Outcome> ends)
    {
        int first = ControllerCommand.CountOfFirst(command[0]);
        ImmutableArray<string> arguments = [.. Controller.Arguments, .. command[..first], step.ToString(CultureInfo.InvariantCulture), .. command[first..]];
        var result = await ChildProcess.RunAsync(Controller with { Arguments = arguments }, TestContext.Current.CancellationToken);
        bool isKilled = result.Status.Signal == 9;
        Assert.True(isKilled || ends.Select(e => e.ToString()).Contains(result.Output.Split(' ')[0]), $"step {step}: {result.Status} {result.Output}{result.Errors}");
        return isKilled;
    }

    private static CommandLine Find()
    {
        string published = RepositoryRoot.Combine("out", "faulty", "Wfpatch.FaultyController");
        bool isNewest = File.Exists(published) && Directory.EnumerateFiles(AppContext.BaseDirectory, "Wfpatch.*.dll")
            .Where(f => Path.GetFileName(f) is "Wfpatch.Core.dll" or "Wfpatch.Live.dll" or "Wfpatch.Testing.dll" or "Wfpatch.FaultyController.dll")
            .All(f => File.GetLastWriteTimeUtc(f) <= File.GetLastWriteTimeUtc(published));
        return isNewest ? new(published, []) : new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "Wfpatch.FaultyController.dll")]);
    }
}
