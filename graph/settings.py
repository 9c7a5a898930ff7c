"""What an operator may set, by environment variables that begin with DSEL_."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from domain.event import ActorType
from repository.driver import Driver


class Settings(BaseSettings):
    """The settings of one running service. The table in the README is made of these descriptions."""

    model_config = SettingsConfigDict(env_prefix="DSEL_", env_ignore_empty=True, extra="ignore", frozen=True)

    mongodb_uri: str | None = Field(None, description="The MongoDB to use; without it the service brings its own.")
    database: str = Field("dsel", min_length=1, description="The name of the database.")
    mongo_driver: Driver = Field(Driver.PYMONGO, description="`pymongo` or `motor`.")
    mongo_timeout: float = Field(10.0, gt=0, description="Seconds after which a call to MongoDB is given up.")
    data: Path = Field(Path(".data"), description="The folder of the embedded MongoDB.")
    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="The port to listen on; 0 takes a free one.")
    tokens: Path | None = Field(
        None, description="A YAML file of bearer tokens and the actors behind them; without it everybody may write."
    )
    open_actor: str = Field(
        "anonymous", min_length=1, description="The actor of a request without credentials, while there are no tokens."
    )
    open_actor_type: ActorType = Field(ActorType.HUMAN, description="The type of that actor.")
    max_body_bytes: int = Field(20 * 2**20, gt=0, description="The largest request body, in bytes.")
    max_depth: int = Field(20, gt=0, description="The deepest query.")
    max_fields: int = Field(5000, gt=0, description="The most fields of a query, with its fragments written out.")
    max_tokens: int = Field(2000, gt=0, description="The most lexical tokens of a query.")
    allowed_origins: list[str] = Field([], description="Origins of browsers that may call from other sites, as JSON.")
