// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Globalization;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Running;

/// <summary>The sample server (or a program that is made of it) with a connection to each of its workers.</summary>
public sealed class RunningSample : IAsyncDisposable
{
    private readonly ImmutableArray<SampleConnection> _connections;

    private RunningSample(TestTarget target, ImmutableArray<SampleConnection> connections)
    {
        Target = target;
        _connections = connections;
    }

    public TestTarget Target { get; }

    public int Id => Target.Id;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The sample server.</summary>
    /// <param name="pauseUs">What the busy threads sleep between two requests.</param>
    public static Task<RunningSample> StartAsync(TestPatch patch, int workers, int busy, CompileOptions? compile = null, int pauseUs = 0) =>
        StartAsync("sample", patch, workers, new() { Arguments = ["--workers", $"{workers}", "--busy", $"{busy}", "--pause", $"{pauseUs}"], Compile = compile ?? CompileOptions.Debian });

    /// <summary>A program that is made of it and has no workers: busy or stuck.</summary>
    public static Task<RunningSample> StartAsync(string program, TestPatch patch) => StartAsync(program, patch, workers: 0, TargetOptions.Default);

    private static async Task<RunningSample> StartAsync(string program, TestPatch patch, int workers, TargetOptions options)
    {
        TestTarget target = await PatchableTarget.StartAsync(program, patch, options);
        try
        {
            var connections = ImmutableArray.CreateBuilder<SampleConnection>();
            for (int i = 0; i < workers; i++) // the server deals them out in turn
            {
                connections.Add(await SampleConnection.OpenAsync(int.Parse(target.Greeting[0].Split(' ')[1], CultureInfo.InvariantCulture), Cancel));
            }
            return new(target, connections.ToImmutable());
        }
        catch
        {
            await target.DisposeAsync();
            throw;
        }
    }

    public Task<string> AskAsync(string command) => Target.AskAsync(command, Cancel);

    public async Task<SampleReport> ReportAsync() => SampleReport.Parse(await AskAsync("report"));

    /// <summary>Every worker must answer with this version, and with nothing of another one.</summary>
    public async Task ExpectRepliesOfAsync(int version)
    {
        foreach (var connection in _connections)
        {
            string reply = await connection.AskAsync("amber", Cancel);
            string versions = $"v{version} v{version} v{version} v{version} ";
            Assert.StartsWith(versions, reply, StringComparison.Ordinal);
            Assert.Equal(version > 1, reply.Contains(" grade=", StringComparison.Ordinal)); // what the patches add to the text
        }
    }

    /// <summary>Every busy thread must go on with this version, and none may serve with another one any more.</summary>
    public async Task<SampleReport> ExpectBusyThreadsServeAsync(int version, params ImmutableArray<string> exceptFor)
    {
        // A request that was served before the thread migrated may be counted after: one for each thread.
        var start = await ReportAsync();
        var from = await Until.TrueAsync(ReportAsync, now => HaveServed(start, now, 2, exceptFor));
        var to = await Until.TrueAsync(ReportAsync, now => HaveServed(from, now, 50, exceptFor));
        Assert.All(to.Threads.Where(t => Counts(t, exceptFor)), t => Assert.Equal(version, t.Version));
        foreach (var (other, count) in to.Versions.Where(v => v.Key != $"{version}"))
        {
            Assert.Equal((other, from.Versions.GetValueOrDefault(other)), (other, count));
        }
        Assert.Equal(from.Mixed, to.Mixed);
        return to;
    }

    /// <summary>
    /// Under the policy points no request is served by two versions. Under stack one may be that a thread was in, between two
    /// replaced functions, when it migrated: that policy knows nothing of requests.
    /// </summary>
    public async Task ExpectNoMixedRequestsAsync(string policy, int transitions)
    {
        var report = await ReportAsync();
        Assert.InRange(report.Mixed, 0, policy == "stack" ? transitions * report.Threads.Length : 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            connection.Dispose();
        }
        await Target.DisposeAsync();
    }

    private static bool HaveServed(SampleReport from, SampleReport to, long requests, ImmutableArray<string> exceptFor) =>
        from.Threads.Zip(to.Threads).All(pair => !Counts(pair.First, exceptFor) || pair.Second.Requests >= pair.First.Requests + requests);

    private static bool Counts(SampleThread thread, ImmutableArray<string> exceptFor) =>
        !thread.Name.StartsWith("worker", StringComparison.Ordinal) && !exceptFor.Contains(thread.Name);
}
