// SPDX-License-Identifier: Apache-2.0
using System.Text.Json;

namespace Wfpatch.Lab.Experiments;

/// <summary>What `lab servers` came to on one server, with what it was made on.</summary>
/// <param name="Kernel">Its release.</param>
/// <param name="Wfpatch">Its version.</param>
public sealed record KeptServer(DateTimeOffset Began, string Kernel, int Processors, string Wfpatch, ServerResult Result)
{
    private static readonly JsonSerializerOptions Options = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    internal static async Task<KeptServer> OfAsync(ServerResult result, CancellationToken cancel) => new(
        DateTimeOffset.UtcNow, await PresentConditions.KernelAsync(cancel), Environment.ProcessorCount, PresentConditions.Version, result);

    internal void Write(string file)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, JsonSerializer.Serialize(this, Options) + "\n");
    }

    /// <exception cref="InvalidDataException">It is no such file.</exception>
    internal static KeptServer Read(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<KeptServer>(File.ReadAllText(file), Options) ?? throw new JsonException("null");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException(problem.Message, problem);
        }
    }
}
