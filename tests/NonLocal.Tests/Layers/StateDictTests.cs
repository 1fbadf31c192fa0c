using NonLocal.Formats;
using NonLocal.Layers;

namespace NonLocal.Tests.Layers;

public class StateDictTests
{
    [Fact]
    public void Save_Layers_HavePyTorchNamesShapesAndTypes()
    {
        TensorFile file = StateDict.Save(Network(1));
        Assert.Equal(
            [
                "0.weight: F32 [4, 3, 3, 5]", "1.weight: F32 [4]", "1.bias: F32 [4]", "1.running_mean: F32 [4]", "1.running_var: F32 [4]",
                "1.num_batches_tracked: I64 []", "2.weight: F32 [2, 4]", "2.bias: F32 [2]",
            ],
            file.Select(tensor => tensor.ToString()));
    }

    [Fact]
    public void Load_OfSaved_GivesTheSameValuesBack()
    {
        Sequential saved = Network(1);
        saved.Variables().Single(entry => entry.Layout == WeightLayout.Counter).Variable.Set([12345]);
        Sequential loaded = Network(2);
        LoadReport report = StateDict.Load(loaded, StateDict.Save(saved));
        Assert.Equal(8, report.Matched.Count);
        Assert.True(report.IsComplete);
        Assert.All(
            saved.Variables().Zip(loaded.Variables()),
            pair => Assert.Equal(pair.First.Variable.Value.Span.ToArray(), pair.Second.Variable.Value.Span.ToArray()));
    }

    [Fact]
    public void Load_StrictWithWrongKeys_ListsAllAtOnceAndLoadsNothing()
    {
        TensorFile wrong = new(
        [
            .. StateDict.Save(Network(1)).Where(tensor => tensor.Name is not "0.weight" and not "1.bias" and not "2.bias"),
            StoredTensor.FromSingle("2.bias", [3], [1, 2, 3]),
            StoredTensor.FromSingle("3.weight", [1], [1]),
        ]);
        Sequential network = Network(2);
        float[] before = network.Variables().ElementAt(1).Variable.Value.Span.ToArray();
        network.Variables().ElementAt(1).Variable.Set([9, 9, 9, 9]);

        WeightMismatchException error = Assert.Throws<WeightMismatchException>(() => StateDict.Load(network, wrong));
        Assert.Equal(["0.weight", "1.bias"], error.Report.Missing);
        Assert.Equal(["3.weight"], error.Report.Unexpected);
        Assert.Equal("2.bias is 3, expected 2", Assert.Single(error.Report.MisShaped).ToString());
        Assert.Equal(
            "the weights do not fit the model: 5 keys match, 2 missing (0.weight, 1.bias), 1 unexpected (3.weight), "
            + "1 mis-shaped (2.bias is 3, expected 2).",
            error.Message);
        Assert.Equal([9, 9, 9, 9], network.Variables().ElementAt(1).Variable.Value.Span.ToArray());

        Assert.Equal(error.Report.Matched, StateDict.Load(network, wrong, strict: false).Matched);
        Assert.Equal(before, network.Variables().ElementAt(1).Variable.Value.Span.ToArray());
    }

    [Fact]
    public void Load_ManyMissing_NamesTheFirstEight() =>
        Assert.Contains(
            "11 missing (0.weight, 0.bias, 1.weight, 1.bias, 1.running_mean, 1.running_var, 2.weight, 2.bias and 3 more)",
            Assert.Throws<WeightMismatchException>(() => StateDict.Load(Larger(), new TensorFile([]))).Message);

    [Fact]
    public void Load_OldFileWithoutCounters_IsCompleteAndSaysSo()
    {
        TensorFile old = new(StateDict.Save(Network(1)).Where(tensor => tensor.Name != "1.num_batches_tracked"));
        LoadReport report = StateDict.Load(Network(2), old);
        Assert.True(report.IsComplete);
        Assert.Equal(["1.num_batches_tracked"], report.MissingCounters);
    }

    [Fact]
    public void Load_AlternativeNames_FindTheirPlace()
    {
        TensorFile renamed = new(StateDict.Save(Network(1)).Select(tensor => tensor.WithName("_orig_mod.backbone." + tensor.Name switch
        {
            "1.weight" => "1.gamma",
            "1.bias" => "1.beta",
            string name => name,
        })));
        LoadReport report = StateDict.Load(Network(2), renamed);
        Assert.Equal(8, report.Matched.Count);
    }

    private static Sequential Network(ulong seed)
    {
        Sequential network = new(new Conv(3, 4, [3, 5], bias: false), new BatchNorm(4), new Linear(4, 2));
        network.Initialize(seed);
        return network;
    }

    private static Sequential Larger() =>
        new(new Conv(3, 4, [3, 5]), new BatchNorm(4), new Linear(4, 2), new Conv(3, 4, [1]), new Conv(3, 4, [1], bias: false));
}
