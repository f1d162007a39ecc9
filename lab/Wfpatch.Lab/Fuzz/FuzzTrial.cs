// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Core.Patches;
using Wfpatch.Core.Quiescence;
using Wfpatch.Core.Refusals;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Testing.Cases;

namespace Wfpatch.Lab.Fuzz;

/// <summary>A program and an edited one, both built, with what each of them answers.</summary>
/// <param name="Expected">The right answer to each of <see cref="Requests"/>.</param>
/// <param name="IsVisible">Whether the versions answer differently.</param>
internal sealed record FuzzTrial(FuzzProgram Program, FuzzVersion Old, FuzzVersion New, string[] Expected, bool IsVisible)
{
    /// <summary>The version that is to serve each request, o or n: before the patch, under it, after the revert, under the patch again, and after another revert.</summary>
    internal const string Requests = "onnono";

    private const int MostStarts = 20;

    private static readonly TransitionOptions Options = new(Policy.Auto, null, DrivenProgram.Ample);

    internal BuildResult Diff() => TreeBuild.Run(Old.Objects, New.Objects, new() { Name = "fuzz" });

    /// <summary>Starts the old program, patches it, takes that back, and does both once more, with requests in between.</summary>
    /// <returns>Refusals of the running process; else what is wrong, null where nothing is.</returns>
    internal async Task<(ImmutableArray<Refusal> Refusals, string? Failure)> RunAsync(Patch patch, CancellationToken cancel)
    {
        var commands = new Commands(new NativeLinux());
        for (int start = 1; ; start++)
        {
            await using var process = await DrivenProgram.StartAsync(new(Old.Program, [], Environment: Program.IsCarried ? null : FuzzAnswers.Fresh("")), DrivenProgram.Ample, cancel);
            var (refusals, failure) = await RunAsync(process, patch, commands, cancel);
            // Where a jump of one byte leads depends on the addresses of the run.
            if (start == MostStarts || refusals.IsEmpty || refusals.Any(r => r.Code != "WF404"))
            {
                return (refusals, failure);
            }
        }
    }

    private async Task<(ImmutableArray<Refusal> Refusals, string? Failure)> RunAsync(DrivenProgram process, Patch patch, Commands commands, CancellationToken cancel)
    {
        bool isPatched = false;
        for (int at = 0; at < Requests.Length; at++)
        {
            if (Requests[at] == 'n' != isPatched)
            {
                isPatched = !isPatched;
                var report = await Task.Run(() => isPatched ? commands.Apply(process.Id, patch, Options) : commands.Revert(process.Id, null, Options), cancel);
                if (report.Outcome != Outcome.Done)
                {
                    return report.Outcome == Outcome.Refused && isPatched && at == 1
                        ? (report.Refusals, null)
                        : ([], $"{(isPatched ? "apply" : "revert")} before request {at + 1}: {report.Outcome}: {report.Message} {string.Join("; ", report.Refusals)}");
                }
            }
            string answer;
            try
            {
                answer = await process.DriveAsync(cancel);
            }
            catch (Exception problem) when (problem is InvalidOperationException or TimeoutException)
            {
                return ([], $"request {at + 1} ({Requests[at]}): {problem.Message.Trim()}");
            }
            if (answer != Expected[at])
            {
                return ([], $"request {at + 1} ({Requests[at]}): {answer} instead of {Expected[at]}");
            }
        }
        var audit = await Task.Run(() => commands.Verify(process.Id), cancel);
        return ([], audit.Outcome == Outcome.Done ? null : $"verify: {audit.Message} {string.Join("; ", audit.Refusals)}");
    }
}
