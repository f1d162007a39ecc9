// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Linux;
using Wfpatch.Live.Migrations;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing.Faults;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>Libraries come and go while they are patched: a patch waits for its library, goes with it, and never writes where it was.</summary>
public sealed class LibraryLifeTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task<TestLibrary> BuildAsync() => TestLibrary.BuildAsync("plain-library", "-O2");

    [Fact]
    public async Task An_unloaded_library_takes_its_part_of_the_patch_along()
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartWithAsync(library, "n");
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 20, 20, 20);
        await program.CloseAsync();
        await ExpectWaitingAsync(program, library);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        // Something else may lie there now, and is not touched.
        var other = await TestLibrary.BuildAsync("tls-library", "-O2");
        await program.OpenAsync("n", other);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        Assert.Empty((await InProcess.StatusAsync(program.Id)).Waiting);
        await program.ExpectAsync("step", 101014, 102014, 103014);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Refused);
    }

    [Fact]
    public async Task A_library_that_is_loaded_again_is_patched_again()
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartWithAsync(library, "n");
        for (int round = 0; round < 3; round++)
        {
            await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
            await program.ExpectAsync("version", 20, 20, 20);
            await program.CloseAsync();
            await program.OpenAsync("l", library);
            await program.ExpectAsync("version", 10, 10, 10);
            await ExpectWaitingAsync(program, library);
        }
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        Assert.Empty((await InProcess.StatusAsync(program.Id)).Waiting);
        await program.ExpectAsync("version", 20, 20, 20);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 10, 10, 10);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    /// <summary>Unloaded when all is planned, and before the first byte of it is written: the look just before each write finds it.</summary>
    [Fact]
    public async Task Nothing_is_written_where_a_library_was_a_moment_ago()
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartWithAsync(library, "n");
        var linux = new InterruptedLinux(new NativeLinux(), "plain-library"u8.ToArray(), () => program.CloseAsync().GetAwaiter().GetResult());
        var report = await Task.Run(() => new Commands(linux).Apply(program.Id, library.Patch.Patch, new TransitionOptions(Policy.Stack, null, InProcess.Ample)), Cancel);
        Assert.Equal((true, Outcome.Refused), (linux.HasHappened, report.Outcome));
        Assert.Contains("its library was unloaded", Assert.Single(report.Refusals).Sentence, StringComparison.Ordinal);
        Assert.Equal("WF620", report.Refusals[0].Code);

        await program.OpenAsync("n", library);
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 20, 20, 20);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_transition_ends_with_the_library_that_it_is_about(bool again)
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartWithAsync(library, "n");
        await InProcess.ApplyAsync(program.Id, library.Patch, canary: new CanaryChoice(1, [])).ExpectAsync(Outcome.Canary);
        await program.CloseAsync();
        if (again)
        {
            await program.OpenAsync("n", library);
        }
        await ExpectWaitingAsync(program, library);
        await InProcess.AdvanceAsync(program.Id).ExpectAsync(Outcome.Refused);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        if (!again)
        {
            await program.OpenAsync("n", library);
        }
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 20, 20, 20);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 10, 10, 10);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    /// <summary>What was changed elsewhere stays in force.</summary>
    [Fact]
    public async Task Patches_of_other_libraries_stay()
    {
        var library = await BuildAsync();
        var other = await TestLibrary.BuildAsync("tls-library", "-O2");
        await using var program = await LibraryProgram.StartWithAsync(other, "n");
        await InProcess.ApplyAsync(program.Id, other.Patch).ExpectAsync(Outcome.Done);
        await program.OpenAsync("n", library);
        var applied = await InProcess.ApplyAsync(program.Id, library.Patch);
        Assert.SkipWhen(applied.Outcome == Outcome.Refused && applied.Refusals.All(r => r.Code == "WF404"), "no room for a redirect in this run");
        Assert.Equal(Outcome.Done, applied.Outcome);
        await program.CloseAsync();
        await ExpectWaitingAsync(program, library);
        await program.ExpectAsync("step", 201014, 202014, 203014);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", 101028, 102028, 103028);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
    }

    [Fact]
    public async Task A_patch_waits_for_a_library_that_is_not_loaded()
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartAsync();
        var refused = await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Refused);
        Assert.Equal("WF611", Assert.Single(refused.Refusals).Code);
        var waits = await InProcess.ApplyAsync(program.Id, library.Patch, timeout: TimeSpan.Zero, whenLoaded: true).ExpectAsync(Outcome.Pending);
        Assert.Contains("waits", waits.Message, StringComparison.Ordinal);
        await ExpectWaitingAsync(program, library);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        Assert.Empty((await InProcess.StatusAsync(program.Id)).Waiting);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await program.OpenAsync("n", library);
        await program.ExpectAsync("version", 10, 10, 10);
    }

    [Theory]
    [InlineData("l")]
    [InlineData("ng")]
    public async Task A_waiting_command_patches_the_library_as_soon_as_it_comes(string flags)
    {
        var library = await BuildAsync();
        await using var program = await LibraryProgram.StartAsync();
        var apply = InProcess.ApplyAsync(program.Id, library.Patch, whenLoaded: true);
        while ((await InProcess.StatusAsync(program.Id)).Waiting.IsEmpty)
        {
            Assert.False(apply.IsCompleted);
            await Task.Delay(10, Cancel);
        }
        await program.OpenAsync(flags, library);
        var report = await apply;
        Assert.SkipWhen(report.Outcome == Outcome.Refused && report.Refusals.All(r => r.Code == "WF404"), "no room for a redirect in this run");
        Assert.True(report.Outcome == Outcome.Done, $"{report.Message} {string.Join("; ", report.Refusals)}");
        Assert.Empty((await InProcess.StatusAsync(program.Id)).Waiting);
        await program.ExpectAsync("version", 20, 20, 20);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 10, 10, 10);
    }

    /// <summary>The loader has mapped it, and calls a function of it that takes its time.</summary>
    [Fact]
    public async Task A_library_that_is_being_loaded_is_not_patched_yet()
    {
        var library = await TestLibrary.BuildAsync("resolving-library", "-O2");
        await using var program = await LibraryProgram.StartAsync();
        Assert.Equal("resolving", await program.Target.AskAsync($"open n {library.Path}", Cancel));
        string maps = await File.ReadAllTextAsync($"/proc/{program.Id}/maps", Cancel);
        foreach (var command in (Func<Task<TransitionReport>>[])[() => InProcess.CheckAsync(program.Id, library.Patch), () => InProcess.ApplyAsync(program.Id, library.Patch)])
        {
            var refused = await command().ExpectAsync(Outcome.Refused);
            Assert.Equal("WF641", Assert.Single(refused.Refusals).Code);
            Assert.Contains("libresolving-library.so.1", refused.Message, StringComparison.Ordinal);
        }
        Assert.Equal(maps, await File.ReadAllTextAsync($"/proc/{program.Id}/maps", Cancel));
        Assert.Equal("opened", await program.Target.AskAsync("", Cancel)); // the byte that it waits for
        await program.ExpectAsync("use", 1, 1, 1);
        Assert.SkipWhen((await InProcess.CheckAsync(program.Id, library.Patch)).Refusals.Any(r => r.Code == "WF404"), "no room for a redirect in this run");
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("version", 20, 20, 20);
    }

    private static async Task ExpectWaitingAsync(LibraryProgram program, TestLibrary library)
    {
        var status = await InProcess.StatusAsync(program.Id);
        var waiting = Assert.Single(status.Waiting);
        Assert.Equal(library.Patch.Patch.Id, waiting.PatchId);
        Assert.Equal("libplain-library.so.1", waiting.ObjectName);
        Assert.DoesNotContain(status.Generations, g => g.Patch == library.Patch.Patch.Id);
        Assert.Equal(Outcome.Done, status.Outcome);
    }
}
