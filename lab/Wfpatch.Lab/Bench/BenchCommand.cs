// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing;

namespace Wfpatch.Lab.Bench;

/// <summary>`bench`: measures each figure beside its baseline; a table, and out/bench.json.</summary>
/// <param name="Only">Names of measurements; empty: all.</param>
/// <param name="Json">The document on standard output instead of the table.</param>
internal sealed record BenchCommand(ImmutableArray<string> Only, BenchLimits Limits, bool Json)
{
    /// <summary>In the order in which they are measured; one after another, never two at once.</summary>
    internal static ImmutableArray<IMeasurement> All { get; } =
        [
            new ArmingAndStops(), new DeepStacks(), new ManyThreads(), new Signals(), new CallCost(), new SelfMigration(), new HeartbeatGap(), new StatusStart(), new ControllerMemory(),
            new MemoryAdded(), new LargePatch(), new MemcachedLatency(), new Redirects(),
        ];

    /// <summary>What is measured only when it is named.</summary>
    internal static ImmutableArray<IMeasurement> Enduring(BenchLimits limits) => [new Soak(limits), new OneFunctionCycles(limits), new Faults(limits), new Builder(limits), new Differ()];

    /// <returns>0 when everything could be measured that is installed, whether or not goals are reached.</returns>
    internal async Task<int> RunAsync(CancellationToken cancel)
    {
        ImmutableArray<IMeasurement> known = [.. All, .. Enduring(Limits)];
        if (Only.FirstOrDefault(name => !known.Any(measurement => measurement.Name == name)) is { } unknown)
        {
            await Console.Error.WriteLineAsync($"bench: there is no '{unknown}'; there are {string.Join(", ", known.Select(measurement => measurement.Name))}.");
            return 2;
        }
        List<Figure> figures = [];
        double load = await LoadAsync(cancel);
        foreach (IMeasurement measurement in Only.IsEmpty ? All : known.Where(measurement => Only.Contains(measurement.Name)))
        {
            await Console.Error.WriteLineAsync($"bench: {measurement.Name}");
            figures.AddRange(await MeasureAsync(measurement, cancel));
        }
        BenchReport report = new(DateTimeOffset.UtcNow, Environment.ProcessorCount, await KernelAsync(cancel), [load, await LoadAsync(cancel)], [.. figures]);
        string file = RepositoryRoot.Combine("out", "bench.json");
        await File.WriteAllTextAsync(file, report.ToJson() + "\n", cancel);
        Print(report, file);
        return figures.Exists(figure => figure.IsFailure) ? 1 : 0;
    }

    private static async Task<ImmutableArray<Figure>> MeasureAsync(IMeasurement measurement, CancellationToken cancel)
    {
        try
        {
            return await measurement.MeasureAsync(cancel);
        }
        catch (Exception problem) when (problem is InvalidOperationException or InvalidDataException or IOException or System.Net.Sockets.SocketException)
        {
            await Console.Error.WriteLineAsync($"bench: {measurement.Name}: {problem.Message}");
            return [Figure.NotMeasured(measurement.Name, problem.Message.Split('\n')[0])];
        }
    }

    private static async Task<string> KernelAsync(CancellationToken cancel) =>
        (await File.ReadAllTextAsync("/proc/sys/kernel/osrelease", cancel)).Trim();

    private static async Task<double> LoadAsync(CancellationToken cancel) =>
        double.Parse((await File.ReadAllTextAsync("/proc/loadavg", cancel)).Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private void Print(BenchReport report, string file)
    {
        if (Json)
        {
            Console.WriteLine(report.ToJson());
            return;
        }
        ReportOutput.Write(report.ToTable(), $"{report.Processors} processors, load average {report.Load[0]} before and {report.Load[1]} after; written to {file}");
    }
}
