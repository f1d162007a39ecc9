// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Testing;
using Wfpatch.Testing.Processes;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Lab.Tests.Targets;

/// <summary>The test programs do what their first comment says, unpatched. Whoever patches them can rely on it.</summary>
public sealed class TargetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static TheoryData<string> Names =>
        // The libraries are loaded by libhost; "copied" is linked with one, which Live.Tests do.
        [.. Directory.EnumerateFiles(RepositoryRoot.Combine("tests", "targets"), "*.c").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => !name.EndsWith("-library", StringComparison.Ordinal) && name != "copied")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Each_starts_and_ends_with_its_input(string name)
    {
        await using TestTarget target = await TestTarget.StartAsync(name, cancel: Cancel);
        target.Process.CloseInput();
        Assert.True((await target.Process.WaitForExitAsync(Cancel)).IsSuccess, target.Process.Errors);
    }

    [Fact]
    public async Task Programs_are_stripped_and_objects_are_not()
    {
        string program = await TargetSource.Sample.ProgramAsync(cancel: Cancel);
        string objects = await TargetSource.Sample.ObjectsAsync(2, cancel: Cancel);
        Assert.DoesNotContain(".symtab", (await ChildProcess.RunAsync(CommandLine.Of("readelf", "-SW", program), Cancel)).OrThrow().Output, StringComparison.Ordinal);
        string sections = (await ChildProcess.RunAsync(CommandLine.Of("readelf", "-SW", Path.Combine(objects, "steps.o")), Cancel)).OrThrow().Output;
        Assert.Contains(".text.step_parse", sections, StringComparison.Ordinal);
        Assert.Contains(".text.grade", sections, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(objects, "sample.o")));
    }

    [Fact]
    public async Task Versions_differ_in_the_steps_alone()
    {
        string old = await TargetSource.Sample.ObjectsAsync(1, cancel: Cancel);
        string changed = await TargetSource.Sample.ObjectsAsync(2, cancel: Cancel);
        Assert.Equal(await TextAsync(old, "sample.o"), await TextAsync(changed, "sample.o"));
        Assert.NotEqual(await TextAsync(old, "steps.o"), await TextAsync(changed, "steps.o"));

        static async Task<string> TextAsync(string folder, string file) =>
            (await ChildProcess.RunAsync(new("objdump", ["-d", "-r", file], folder), Cancel)).OrThrow().Output;
    }

    [Fact]
    public async Task Busy_threads_are_sixteen_and_all_serve_version_1()
    {
        await using TestTarget busy = await TestTarget.StartAsync("busy", cancel: Cancel);
        SampleReport report;
        do
        {
            report = SampleReport.Parse(await busy.AskAsync("report", Cancel));
        }
        while (report.Threads.Any(thread => thread.Requests < 100));
        Assert.Equal(16, report.Threads.Length);
        Assert.Equal((0, 0), (report.Mixed, report.New));
        Assert.Equal(report.Old, report.Versions["1"]);
        Assert.True(report.GapUs > 0);
    }

    [Fact]
    public async Task The_stuck_thread_waits_until_released()
    {
        await using TestTarget stuck = await TestTarget.StartAsync("stuck", cancel: Cancel);
        SampleReport report = SampleReport.Parse(await stuck.AskAsync("report", Cancel));
        Assert.Equal(0, report.Threads.Single(thread => thread.Name == "stuck-0").Requests);
        Assert.Equal("released v1 v1 v1 v1", await stuck.AskAsync("release", Cancel));
    }

    [Fact]
    public async Task Blocked_calls_end_with_what_they_wait_for_and_never_early()
    {
        const int TimeoutMs = 300;
        await using TestTarget blocked = await TestTarget.StartAsync("blocked", new() { Arguments = ["--timeout-ms", $"{TimeoutMs}"] }, Cancel);
        List<string> woken = [];
        string line = await blocked.ReadLineAsync(Cancel);
        for (; line != "done"; line = await blocked.ReadLineAsync(Cancel))
        {
            woken.Add(line);
            if (woken.Count == blocked.Greeting.Count(name => name.Contains("-timed ", StringComparison.Ordinal)))
            {
                Assert.All(woken, early => Assert.Contains("-timed ", early, StringComparison.Ordinal));
                blocked.Send("wake");
            }
        }
        Assert.Equal(blocked.Greeting.Length, woken.Count);
        Assert.All(woken, text => Assert.EndsWith("answer=1", text, StringComparison.Ordinal));
        Assert.All(woken.Where(text => text.Split(' ')[1] is not ("pause" or "sigsuspend")),
            text => Assert.DoesNotContain("errno=4 ", text, StringComparison.Ordinal)); // EINTR
        // The kernel counts socket timeouts in jiffies and may be up to one early.
        Assert.All(woken, text => Assert.InRange(Waited(text), (TimeoutMs * 1000) - 10_000, 30_000_000));

        static long Waited(string text) => long.Parse(text.Split("waited_us=")[1].Split(' ')[0], CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task Traced_has_a_tracer_until_it_is_untraced()
    {
        await using TestTarget traced = await TestTarget.StartAsync("traced", cancel: Cancel);
        string tracer = await traced.AskAsync("tracer", Cancel);
        Assert.Equal(tracer, $"tracer {TracerOf(traced.Id)}");
        Assert.Equal("ok", await traced.AskAsync("untrace", Cancel));
        Assert.Equal("0", TracerOf(traced.Id));

        static string TracerOf(int pid) => File.ReadLines($"/proc/{pid}/status").Single(line => line.StartsWith("TracerPid:", StringComparison.Ordinal))[10..].Trim();
    }

    [Fact]
    public async Task A_target_that_dies_says_why()
    {
        await using TestTarget target = await TestTarget.StartAsync("single", cancel: Cancel);
        target.Process.Kill();
        InvalidOperationException problem = await Assert.ThrowsAsync<InvalidOperationException>(() => target.ReadLineAsync(Cancel));
        Assert.Contains("signal 9", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sample", "sample.toml")]
    [InlineData("busy", "sample.toml")]
    [InlineData("stuck", "sample.toml")]
    [InlineData("callcost", "callcost.toml")]
    [InlineData("blocked", null)]
    public void A_profile_stands_beside_the_source(string name, string? file) => Assert.Equal(file, Path.GetFileName(TargetSource.Find(name).Profile));
}
