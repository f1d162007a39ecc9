// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text;
using Wfpatch.Lab.Loads;
using Wfpatch.Lab.Servers;
using Wfpatch.Testing;
using Wfpatch.Testing.Targets;
using Wfpatch.Testing.Tool;

namespace Wfpatch.Lab.Demo;

/// <summary>The sample server: all four steps of a request are replaced at once.</summary>
internal sealed class SampleDemo : IDemoTarget
{
    private const int Workers = 4;
    private readonly SampleServer _server;

    private SampleDemo(SampleServer server) => _server = server;

    public string Name => "sample";

    public string Title => $"our own request server, {Workers} workers, stripped (pid {Pid})";

    public int Pid => _server.Target.Id;

    public ImmutableArray<string> ApplyArguments => Arguments;

    /// <summary>Our own program: no profile of it is shipped.</summary>
    public static ImmutableArray<string> Arguments { get; } = ["--profile", TargetSource.Sample.Profile!];

    public static async Task<IDemoTarget> StartAsync(CancellationToken cancel) => new SampleDemo(await SampleServer.StartAsync(Workers, cancel));

    /// <summary>Makes the patch from version 1 of the sample to this version.</summary>
    public static async Task<string> BuildPatchAsync(int version, CancellationToken cancel)
    {
        string file = RepositoryRoot.Combine("out", "demo", $"sample-v{version}.wfp");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        string old = await TargetSource.Sample.ObjectsAsync(1, cancel: cancel);
        string changed = await TargetSource.Sample.ObjectsAsync(version, cancel: cancel);
        await WfpatchTool.BuildAsync(old, changed, file, ["handle_request"], cancel);
        return file;
    }

    public Task<string> BuildPatchAsync(CancellationToken cancel) => BuildPatchAsync(2, cancel);

    public ILoadClient Connect(int number) => new SampleClient(_server.Port);

    public string Ask()
    {
        using LineConnection connection = new(_server.Port);
        connection.Send("get key7\n"u8);
        return Encoding.ASCII.GetString(connection.ReadLine());
    }

    public async Task<DemoAftermath> AfterAsync(CancellationToken cancel)
    {
        SampleReport report = await _server.ReportAsync(cancel);
        string note = $"the server counted {report.Old:N0} requests of the old version, {report.New:N0} of the new one, {report.Mixed} mixed";
        return new([note], Errors: 0, report.Mixed);
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
