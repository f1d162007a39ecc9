// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Testing.Targets;

namespace Wfpatch.Lab.Servers;

/// <summary>The sample server of lab/sample, compiled on the spot as a distribution would and stripped.</summary>
public sealed class SampleServer : IAsyncDisposable
{
    private SampleServer(TestTarget target, int port)
    {
        Target = target;
        Port = port;
    }

    public TestTarget Target { get; }

    public int Port { get; }

    public static async Task<SampleServer> StartAsync(int workers, CancellationToken cancel)
    {
        TestTarget target = await TestTarget.StartAsync("sample", TargetOptions.Default with { Arguments = ["--workers", $"{workers}"] }, cancel);
        string greeting = target.Greeting.Single(line => line.StartsWith("listening ", StringComparison.Ordinal));
        return new(target, int.Parse(greeting["listening ".Length..]));
    }

    /// <summary>What the server itself counted.</summary>
    public async Task<SampleReport> ReportAsync(CancellationToken cancel) => SampleReport.Parse(await Target.AskAsync("report", cancel));

    public ValueTask DisposeAsync() => Target.DisposeAsync();
}
