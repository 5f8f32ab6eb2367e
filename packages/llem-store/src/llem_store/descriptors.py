"""What llem-store brings, described without loading Arrow."""

from llem_contracts import Descriptor

FOLDER = Descriptor(
    name="folder",
    summary="a folder per run: result.json, timeseries.parquet, requests.parquet",
    factory="llem_store.store:folder_store",
    requires=("pyarrow",),
    install_hint="pip install llem-store",
)
