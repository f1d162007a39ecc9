// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Targets;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Processes;

/// <summary>A process in namespaces of its own, as in a container: patched from the host, and from within.</summary>
public sealed class ContainerTests
{
    private static readonly ImmutableArray<string> Unshare =
        ["unshare", "--user", "--map-root-user", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_is_patched_from_the_host()
    {
        await using TestTarget container = await StartAsync();
        int process = Assert.Single(new ProcessSelector(Tree: container.Id, Executable: container.Program).Find());
        var patch = await TestPatches.GetAsync("resources");
        await InProcess.ApplyAsync(process, patch).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 2", await container.AskAsync("answer", Cancel));
        Assert.Equal(2, (await InProcess.StatusAsync(process)).Generations.Length);
        await InProcess.ExpectNoDifferenceAsync(process);
        await InProcess.RevertAsync(process).ExpectAsync(Outcome.Done);
        Assert.Equal("answer 1", await container.AskAsync("answer", Cancel));
    }

    /// <summary>There it has another process id.</summary>
    [Fact]
    public async Task It_is_patched_from_within()
    {
        await using TestTarget container = await StartAsync();
        int process = Assert.Single(new ProcessSelector(Tree: container.Id, Executable: container.Program).Find());
        var patch = await TestPatches.GetAsync("resources");
        foreach (var (command, version) in (ImmutableArray<(string[], int)>)[(["apply", patch.File], 2), (["revert"], 1)])
        {
            var result = CommandReport.Of(await ChildProcess.RunAsync(new("nsenter",
                ["--target", process.ToString(CultureInfo.InvariantCulture), "--user", "--mount", "--net", "--pid", "--preserve-credentials", "--", WfpatchCommand.Path, .. command, "--pid", "1", "--json"]), Cancel));
            Assert.True(result.Result == "done", result.Command.Errors);
            Assert.Equal($"answer {version}", await container.AskAsync("answer", Cancel));
        }
    }

    private static async Task<TestTarget> StartAsync()
    {
        var trial = await ChildProcess.RunAsync(new(Unshare[0], [.. Unshare[1..], "true"]), Cancel);
        Assert.SkipUnless(trial.Status.IsSuccess, $"no namespaces can be made here: {trial.Errors}");
        return await TestTarget.StartAsync("resources", new() { Launcher = Unshare }, Cancel);
    }
}
