using System.Globalization;
using System.Text.Json.Nodes;
using NonLocal.Formats;
using NonLocal.Testing;
using NonLocal.Verification;

namespace NonLocal.Tests.Verification;

public class VerifierMutatedTests
{
    private static readonly int[] Numbers = [0, 1, -1, 2, 3, 7, 1000, 1_000_000, int.MaxValue, int.MinValue];

    [Fact]
    public void Verify_MutatedConfigsAndTensors_AlwaysGivesAVerdict()
    {
        TensorFile[] corpus = [.. VerifierTests.Names().Select(name => Safetensors.Read(Fixtures.Path("goldens", name)))];
        Random random = new(3);
        string? wanted = Environment.GetEnvironmentVariable("NONLOCAL_FUZZ_ITERATIONS");
        int count = int.TryParse(wanted, CultureInfo.InvariantCulture, out int asked) ? asked : 400;
        for (int i = 0; i < count; i++)
        {
            TensorFile mutated = Mutate(corpus[random.Next(corpus.Length)], random);
            string what = $"input {i}: {mutated.Metadata.GetValueOrDefault("block")} {mutated.Metadata.GetValueOrDefault("config")}";
            try
            {
                VerificationResult result = Verifier.Verify(what, mutated, (VerificationPrecision)random.Next(2));
                Assert.True(result.Status == VerificationStatus.Agree || result.Worst is not null || result.Reason is not null, what);
            }
            catch (Exception error)
            {
                Assert.Fail($"{what}: {error}");
            }
        }
    }

    private static TensorFile Mutate(TensorFile file, Random random)
    {
        List<StoredTensor> tensors = [.. file];
        Dictionary<string, string> metadata = file.Metadata.ToDictionary();
        switch (random.Next(5))
        {
            case 0:
                tensors.RemoveAt(random.Next(tensors.Count));
                break;
            case 1:
                int at = random.Next(tensors.Count);
                long[] shape = [.. tensors[at].Shape.Reverse()];
                tensors[at] = new StoredTensor(tensors[at].Name, tensors[at].Type, shape, tensors[at].Data);
                break;
            case 2:
                metadata["block"] = Verifier.Blocks.ElementAt(random.Next(Verifier.Blocks.Count));
                break;
            default:
                MutateConfig(metadata, random);
                break;
        }

        return new TensorFile(tensors, metadata);
    }

    private static void MutateConfig(Dictionary<string, string> metadata, Random random)
    {
        JsonObject config = (JsonObject)JsonNode.Parse(metadata["config"])!;
        if (config.Count == 0)
        {
            metadata["mode"] = "train";
            return;
        }

        string key = config.ElementAt(random.Next(config.Count)).Key;
        int number = Numbers[random.Next(Numbers.Length)];
        switch (random.Next(6))
        {
            case 0:
                config.Remove(key);
                break;
            case 1:
                config[key] = null;
                break;
            case 2:
                config[key] = new JsonArray(number, Numbers[random.Next(Numbers.Length)]);
                break;
            case 3:
                config[key] = "text";
                break;
            default:
                config[key] = number;
                break;
        }

        metadata["config"] = config.ToJsonString();
    }
}
