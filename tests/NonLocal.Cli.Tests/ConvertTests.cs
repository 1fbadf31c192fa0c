using NonLocal.Formats;
using NonLocal.Testing;

namespace NonLocal.Cli.Tests;

public sealed class ConvertTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("nonlocal-convert-").FullName;

    private string Output => Path.Combine(folder, "out.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Convert_WrappedAndPrefixedLegacyFile_WritesTheSameTensors()
    {
        CommandRun run = CommandRun.Of("convert", Checkpoint("wrapped_module_prefix_legacy.pth"), Output, "--json");
        Assert.Equal(0, run.ExitCode);
        TensorFile expected = Safetensors.Read(Checkpoint("expected_nl2d.safetensors"));
        TensorFile written = Safetensors.Read(Output);
        Assert.Equal(expected.Select(tensor => tensor.Name).Order(), written.Select(tensor => tensor.Name).Order());
        Assert.All(written, tensor => Assert.Equal(expected[tensor.Name].Data.ToArray(), tensor.Data.ToArray()));
        Assert.Equal(expected.Count, run.Json().GetProperty("tensors").GetInt32());
        Assert.Equal(Output, run.Json().GetProperty("output").GetString());
    }

    [Fact]
    public void Convert_KeyOfTheDictionary_ChoosesIt() =>
        Assert.Equal(0, CommandRun.Of("convert", Checkpoint("full_training_state_zip.pth"), Output, "--key", "state_dict").ExitCode);

    [Theory]
    [InlineData("evil_os_system_legacy.pth")]
    [InlineData("trunc_zip_half.pth")]
    [InlineData("random.pth")]
    [InlineData("short_storage_zip.pth")]
    [InlineData("no_such_file.pth")]
    public void Convert_BadInput_IsRefusedAndNothingIsWritten(string name)
    {
        CommandRun.Of("convert", Checkpoint(name), Output).Refused(name);
        Assert.Empty(Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Convert_UnknownKey_IsRefusedAndTheOldFileStays()
    {
        File.WriteAllText(Output, "old");
        CommandRun.Of("convert", Checkpoint("full_training_state_zip.pth"), Output, "--key", "statedict").Refused("statedict");
        Assert.Equal("old", File.ReadAllText(Output));
    }

    [Theory]
    [InlineData("out.onnx", "'.onnx'")]
    [InlineData("out", "no extension")]
    [InlineData("no_such_folder/out.safetensors", "no_such_folder")]
    public void Convert_OutputThatCannotBeWritten_IsRefused(string name, string expected) =>
        CommandRun.Of("convert", Checkpoint("expected_nl2d.safetensors"), Path.Combine(folder, name)).Refused(expected);

    private static string Checkpoint(string name) => Fixtures.Path("goldens", "checkpoints", name);
}
